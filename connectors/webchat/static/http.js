/* Requests to the gateway. The visitor's token goes in a header: never in an address. */

export class HttpError extends Error {
  constructor(message, status) {
    super(message);
    this.unauthorized = status === 401;
  }
}

const proof = (token) => (token ? { Authorization: `Bearer ${token}` } : {});

/* The answer of the gateway, errors with a `type` included; anything else is thrown. */
export async function post(base, path, body, token = null, headers = {}) {
  const response = await fetch(new URL(path, base), {
    method: "POST",
    headers: { "Content-Type": "application/json", ...proof(token), ...headers },
    body,
    credentials: "omit",
  });
  const json = response.headers.get("Content-Type")?.startsWith("application/json");
  if (!json) throw new HttpError(await response.text(), response.status);
  return response.json();
}

export class Frames {
  constructor(base, token, signal) {
    Object.assign(this, { base, token, signal });
  }

  async get(path, headers = {}) {
    const response = await fetch(new URL(path, this.base), {
      headers: { ...proof(this.token), ...headers },
      signal: this.signal,
      cache: "no-store",
      credentials: "omit",
    });
    if (!response.ok) throw new HttpError(await response.text(), response.status);
    return response.body;
  }
}

/* The frames in a stream of server-sent events; null for a sign of life. */
export async function* readEvents(body) {
  let rest = "";
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    rest += value;
    const blocks = rest.split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const data = block.split("\n").filter((row) => row.startsWith("data: "));
      yield data.length ? JSON.parse(data.map((row) => row.slice(6)).join("\n")) : null;
    }
  }
}
