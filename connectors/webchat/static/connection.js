/* The line to the gateway: WebSocket, else server-sent events, else long polling; it mends itself.
   A page says which line it has last (`lastSeq`) and gets what it missed. */

import { Frames, HttpError, post, readEvents } from "./http.js";
import * as storage from "./storage.js";

const FIRST_FRAME = 6000;
const SILENCE = 45000;
const PING = 25000;
const LARGEST_FRAME = 15000;
const MODES = ["socket", "events", "poll"];

const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const bytes = (text) => new TextEncoder().encode(text).length;

export class Connection {
  /* onFrame(frame) for everything heard; onState(ready) when the line opens or breaks. */
  constructor({ base, lastSeq, onFrame, onState }) {
    Object.assign(this, { base, lastSeq, onFrame, onState });
    this.ready = false;
    this.mode = 0;
    this.failures = 0;
    this.socketWorked = false;
    this.answers = new Map();
    this.stop = () => {};
    this.wake = () => {};
    for (const name of ["online", "pageshow"]) window.addEventListener(name, () => this.wake());
    window.addEventListener("offline", () => this.stop());
    document.addEventListener("visibilitychange", () => document.hidden || this.wake());
  }

  get token() {
    return storage.read("session");
  }

  set token(value) {
    if (value) storage.write("session", value);
    else storage.remove("session");
  }

  async run() {
    for (;;) {
      this.wasReady = false;
      try {
        await this[MODES[this.mode]]();
      } catch (fault) {
        if (fault.unauthorized) this.token = null;
      }
      this.set(false);
      for (const answer of this.answers.values()) answer.broken(new Error("connection closed"));
      this.answers.clear();
      if (this.wasReady) {
        this.failures = 0;
        if (MODES[this.mode] === "socket") this.socketWorked = true;
        else if (this.socketWorked) this.mode = 0;
      } else {
        this.failures += 1;
        this.mode = (this.mode + 1) % MODES.length;
      }
      const delay = this.wasReady || this.failures < MODES.length ? 250 : Math.min(8000, 500 * 2 ** (this.failures - MODES.length));
      const woken = new Promise((wake) => (this.wake = wake));
      await Promise.race([pause(delay * (0.7 + Math.random() * 0.6)), woken]);
    }
  }

  /* Start anew, as another visitor or after a change of token. */
  restart() {
    this.stop();
    this.wake();
  }

  set(ready) {
    if (ready) this.wasReady = true;
    if (ready === this.ready) return;
    this.ready = ready;
    this.onState(ready);
  }

  hear(frame) {
    if (frame.type === "session.ready") {
      if (frame.resume_token) this.token = frame.resume_token;
      this.onFrame(frame);
      this.set(true);
      return;
    }
    const waiting = frame.id && this.answers.get(frame.id);
    if (waiting && (frame.type === "ack" || frame.type === "error")) {
      this.answers.delete(frame.id);
      waiting.done(frame);
    } else this.onFrame(frame);
  }

  /* Sends a message; resolves with `ack` or `error`, rejects when the line breaks. */
  async deliver(frame) {
    const text = JSON.stringify(frame);
    if (MODES[this.mode] !== "socket" || bytes(text) > LARGEST_FRAME) {
      return post(this.base, "messages", text, this.token, { "Idempotency-Key": frame.id });
    }
    return new Promise((done, broken) => {
      if (this.ws?.readyState !== WebSocket.OPEN) return broken(new Error("not connected"));
      this.answers.set(frame.id, { done, broken });
      this.ws.send(text);
      setTimeout(() => this.answers.has(frame.id) && this.stop(), 10000);
    });
  }

  /* Says something that may be lost (that the citizen is writing). */
  mention(frame) {
    if (this.ready && this.ws?.readyState === WebSocket.OPEN) this.ws.send(JSON.stringify({ v: 1, ...frame }));
  }

  socket() {
    return new Promise((done, broken) => {
      const address = new URL("ws", this.base);
      address.protocol = address.protocol.replace("http", "ws");
      const ws = (this.ws = new WebSocket(address));
      let silence;
      const end = (fault) => {
        clearTimeout(silence);
        clearInterval(pinging);
        ws.onopen = ws.onmessage = ws.onerror = ws.onclose = null;
        ws.close();
        if (fault) broken(fault);
        else done();
      };
      const wait = (ms) => {
        clearTimeout(silence);
        silence = setTimeout(() => end(new Error("silent")), ms);
      };
      const pinging = setInterval(() => this.mention({ type: "ping" }), PING);
      this.stop = () => end(null);
      wait(FIRST_FRAME);
      ws.onopen = () => ws.send(JSON.stringify({ v: 1, type: "session.open", resume_token: this.token, last_seq: this.lastSeq() }));
      ws.onmessage = ({ data }) => {
        wait(SILENCE);
        this.hear(JSON.parse(data));
      };
      ws.onerror = () => end(new Error("socket"));
      ws.onclose = ({ code }) => end(Object.assign(new Error(`closed ${code}`), { unauthorized: code === 4401 }));
    });
  }

  async introduce() {
    if (!this.token) {
      const frame = { v: 1, type: "session.open", resume_token: null };
      this.token = (await post(this.base, "session", JSON.stringify(frame))).resume_token;
    }
  }

  async events() {
    await this.introduce();
    const leaving = new AbortController();
    this.stop = () => leaving.abort();
    let silence = setTimeout(this.stop, FIRST_FRAME);
    const seq = this.lastSeq();
    try {
      const frames = new Frames(this.base, this.token, leaving.signal);
      const body = await frames.get("stream", seq === null ? {} : { "Last-Event-ID": seq });
      for await (const frame of readEvents(body)) {
        clearTimeout(silence);
        silence = setTimeout(this.stop, SILENCE);
        if (frame) this.hear(frame);
      }
    } finally {
      clearTimeout(silence);
    }
  }

  async poll() {
    await this.introduce();
    const leaving = new AbortController();
    this.stop = () => leaving.abort();
    const frames = new Frames(this.base, this.token, leaving.signal);
    for (let round = 0; ; round += 1) {
      if (round > 9 && this.socketWorked) return; // polling was for an outage: try better ways again
      const seq = this.lastSeq() ?? (round ? 0 : "");
      const body = await frames.get(`poll?after=${seq}${round ? "" : "&wait=0"}`);
      const heard = await new Response(body).json();
      for (const frame of heard.frames) this.hear(frame);
    }
  }

  async earlier(before) {
    const frames = new Frames(this.base, this.token);
    return new Response(await frames.get(`history?before=${before}`)).json();
  }

  async erase() {
    const answer = await post(this.base, "erase", "{}", this.token);
    if (answer.type === "error") throw new HttpError(answer.message);
    this.token = answer.resume_token;
    this.restart();
    return answer.receipt;
  }
}
