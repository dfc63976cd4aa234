/* Which language a text is in, by its letters: screen readers speak Korean unless they are told. */

const FOREIGN = [
  ["zh", /\p{Script=Han}/u],
  ["vi", /[ăđơưạ-ỹ]/iu],
  ["en", /[a-z]{2,}\W+(?:\w+\W+)*?[a-z]{2,}/iu],
];

/* `en`, `zh` or `vi`; null for Korean, and for what says too little. */
export function languageOf(text) {
  const words = text.replace(/https?:\S+/gu, "");
  if (/\p{Script=Hangul}/u.test(words)) return null;
  return FOREIGN.find(([, letters]) => letters.test(words))?.[0] ?? null;
}
