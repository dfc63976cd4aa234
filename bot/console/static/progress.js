// Follows a background job: <div class="progress" data-job="/path"> as made by the macro `progress`.
const PAUSE = 500; // ms between two questions
const SLOWER = 3000; // … while the server cannot be reached

for (const box of document.querySelectorAll("[data-job]")) follow(box);

async function follow(box) {
  const bar = box.querySelector("progress");
  const text = box.querySelector("[data-text]");
  for (let pause = PAUSE; ; await new Promise((again) => setTimeout(again, pause))) {
    let job;
    try {
      const answer = await fetch(box.dataset.job, { headers: { "X-Background": "1", Accept: "application/json" } });
      if (answer.status === 401) { location.href = "/login?expired"; return; }
      if (!answer.ok) { location.reload(); return; }
      job = await answer.json();
      pause = PAUSE;
    } catch {
      pause = SLOWER; // the connection is gone for a moment; the job itself goes on
      continue;
    }
    bar.value = job.share;
    if (text.textContent !== job.text) text.textContent = job.text;
    if (job.state !== "running") { if (job.next) location.href = job.next; else location.reload(); return; }
  }
}
