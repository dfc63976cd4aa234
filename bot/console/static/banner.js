// Keeps the sign that something is switched as it is, on pages that stay open.
const place = document.querySelector("[data-banner]");

async function look() {
  if (document.hidden) return;
  try {
    const response = await fetch(place.dataset.banner, { headers: { "X-Background": "1" } });
    if (!response.ok) return;
    const text = (await response.text()).trim();
    if (text !== place.innerHTML.trim()) place.innerHTML = text;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // no connection: the next look tells
  }
}

if (place) setInterval(look, 10_000);
