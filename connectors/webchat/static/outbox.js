/* What the citizen said and the gateway has not yet stored. Kept in the browser until it has: a message
   survives a lost network and a closed page, and goes out again under the same id. */

import * as storage from "./storage.js";

const KEEP = 24 * 3600 * 1000;
const pause = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

export class Outbox {
  /* deliver(frame) as in Connection; changed(frame, state) with "sending", "stored" or "failed". */
  constructor({ deliver, isReady, changed, said }) {
    Object.assign(this, { deliver, isReady, changed, said });
    this.queue = [];
    this.busy = false;
  }

  restore() {
    const found = storage.keys("out.").map((key) => JSON.parse(storage.read(key)));
    for (const frame of found.sort((a, b) => (a.ts < b.ts ? -1 : 1))) {
      if (Date.now() - Date.parse(frame.ts) > KEEP) this.drop(frame);
      else this.queue.push(frame);
    }
    return [...this.queue];
  }

  add(frame) {
    storage.write(`out.${frame.id}`, JSON.stringify(frame));
    this.queue.push(frame);
    this.changed(frame, "sending");
    this.flush();
  }

  drop(frame) {
    storage.remove(`out.${frame.id}`);
    this.queue = this.queue.filter((other) => other.id !== frame.id);
  }

  clear() {
    for (const key of storage.keys("out.")) storage.remove(key);
    this.queue = [];
  }

  /* One after the other, so that they arrive in the order they were written. */
  async flush() {
    if (this.busy) return;
    this.busy = true;
    try {
      while (this.queue.length && this.isReady()) {
        const frame = this.queue[0];
        const answer = await this.deliver(frame);
        if (answer.type === "ack") {
          this.drop(frame);
          this.changed(frame, "stored");
        } else if (answer.retryable) {
          this.said(answer.message);
          await pause(answer.retry_after ?? 3);
        } else {
          this.drop(frame);
          this.changed(frame, "failed", answer.message);
        }
      }
    } catch (fault) {
      if (this.isReady()) setTimeout(() => this.flush(), 3000);
    } finally {
      this.busy = false;
      if (!this.queue.length) this.said("");
    }
  }
}

export function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const random = crypto.getRandomValues(new Uint8Array(16)); // a page served without https
  return `c-${Array.from(random, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
