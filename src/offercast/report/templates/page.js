"use strict";
/* The sliders: read them, compute, redraw. Everything is in the page; nothing is asked for. */

(function start() {
  const holder = document.getElementById("carried");
  if (!holder) return;
  const carried = unpackAll(JSON.parse(holder.textContent));
  const form = document.getElementById("what-if");
  const chart = document.getElementById("curve");
  const { left, right, top, bottom } = { left: 46, right: 12, top: 12, bottom: 34 };
  const width = 640 - left - right, height = 300 - top - bottom;
  const x = (week) => left + (width * week) / carried.weeks;
  const y = (p) => top + height * (1 - p);
  const line = (values) => values.map((p, k) => `${x(k + 1).toFixed(1)},${y(p).toFixed(1)}`).join(" L");
  const percent = (p) => (p <= 0.005 ? "under 1 %" : p >= 0.995 ? "over 99 %" : `${Math.round(100 * p)} %`);
  const base = carried.streams.map((s) => s.per_week);

  function read() {
    const perWeek = base.slice();
    const more = {};
    let pause = 0;
    for (const slider of form.querySelectorAll("input[type=range]")) {
      const value = Number(slider.value);
      if (slider.dataset.stream !== undefined) perWeek[Number(slider.dataset.stream)] = value;
      if (slider.dataset.step !== undefined) more[Number(slider.dataset.step)] = 1 + value / 100;
      if (slider.dataset.pause !== undefined) pause = value;
      const shown = form.querySelector(`output[for="${slider.id}"]`);
      shown.textContent = slider.dataset.step !== undefined ? `${value} % more` : String(value);
    }
    return { perWeek, more, pause };
  }

  function draw() {
    const asked = read();
    const { mean, low, high } = summary(carried, curves(carried, asked.perWeek, asked.more, asked.pause));
    chart.querySelector(".now").setAttribute("d", `M${x(0).toFixed(1)},${y(0).toFixed(1)} L${line(mean)}`);
    const back = high.map((p, k) => `${x(k + 1).toFixed(1)},${y(p).toFixed(1)}`).reverse().join(" L");
    chart.querySelector(".band").setAttribute("d", `M${x(0).toFixed(1)},${y(0).toFixed(1)} L${line(low)} L${back} Z`);
    const even = evenWeek(mean);
    document.getElementById("status").textContent = even
      ? `With this, the chance of an offer is even within ${even} weeks. Within ${carried.weeks} weeks it is ${percent(mean[carried.weeks - 1])}.`
      : `With this, the chance of an offer within ${carried.weeks} weeks is ${percent(mean[carried.weeks - 1])}.`;
    for (const cell of document.querySelectorAll("[data-week]")) {
      cell.textContent = percent(mean[Number(cell.dataset.week) - 1]);
    }
    chart.dataset.drawn = mean.map((p) => p.toFixed(5)).join(",");
  }

  let waiting = false;
  form.addEventListener("input", () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      draw();
    });
  });
  form.addEventListener("reset", () => setTimeout(draw, 0));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  draw();
})();
