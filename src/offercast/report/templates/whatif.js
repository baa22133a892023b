"use strict";
/* The exact curve on weeks, from the draws that the page carries. Runs in the page and under a test alike. */

const CERTAIN = 1 - 1e-9;

/** 16-bit numbers of their largest value, as the page holds them. */
function unpack(packed) {
  const raw = atob(packed.bits);
  const values = new Float64Array(raw.length / 2);
  for (let i = 0; i < values.length; i += 1) {
    values[i] = ((raw.charCodeAt(2 * i) | (raw.charCodeAt(2 * i + 1) << 8)) / 65535) * packed.most;
  }
  return values;
}

/** The carried forecast with its numbers unpacked. */
function unpackAll(told) {
  const carried = { ...told, chances: unpack(told.chances) };
  carried.streams = told.streams.map((s) => ({ ...s, landed: unpack(s.landed) }));
  carried.flights = told.flights.map((f) => ({ ...f, landed: unpack(f.landed), chance: unpack(f.chance) }));
  return carried;
}

/** Index of a step's chance in the flat array (draw, track, channel, step). */
function place(carried, draw, track, channel, step) {
  return ((draw * carried.tracks.length + track) * carried.channels.length + channel) * carried.steps.length + step;
}

/** By what the odds of a step grow where its reference chance grows by a factor, up to certainty. */
function oddsFactor(chance, factor) {
  if (factor === 1) return 1;
  const now = Math.min(chance * factor, CERTAIN);
  return ((now / (1 - now)) * (1 - chance)) / chance;
}

/** By what the product of some steps grows. */
function growth(carried, draw, track, channel, steps, more) {
  let ratio = 1;
  for (const step of steps) {
    const factor = more[step] || 1;
    if (factor !== 1) {
      const f = oddsFactor(carried.chances[place(carried, draw, track, 0, step)], factor);
      const p = carried.chances[place(carried, draw, track, channel, step)];
      ratio *= f / (1 - p + f * p);
    }
  }
  return ratio;
}

/**
 * Chance of an offer by the end of each week, for each draw: an array (draw) of arrays (week), without the shift.
 * perWeek: applications a week of each stream; more: by step, what its chance is multiplied by; pause: weeks.
 */
function curves(carried, perWeek, more, pause) {
  const { draws, weeks } = carried;
  const found = [];
  for (let d = 0; d < draws; d += 1) {
    const log = new Float64Array(weeks);
    carried.streams.forEach((stream, j) => {
      if (!perWeek[j]) return;
      const scale = perWeek[j] * growth(carried, d, stream.track, stream.channel, stream.steps, more);
      let sum = 0; // of the landed chances of the weeks sent so far: a pause only moves its start
      for (let k = pause; k < weeks; k += 1) {
        sum += stream.landed[d * weeks + (k - pause)];
        log[k] -= scale * sum;
      }
    });
    for (const flight of carried.flights) {
      const [first, ...later] = flight.steps;
      const chance = flight.chance[d];
      const f = oddsFactor(carried.chances[place(carried, d, flight.track, 0, first)], more[first] || 1);
      const now = (chance * f) / (1 - chance + chance * f);
      const ratio = (chance > 0 ? now / chance : 1) * growth(carried, d, flight.track, flight.channel, later, more);
      for (let k = 0; k < weeks; k += 1) {
        const moved = ratio * flight.landed[d * weeks + k];
        log[k] += flight.alone ? flight.count * Math.log1p(-Math.min(moved, CERTAIN)) : -moved;
      }
    }
    found.push(log.map((x) => -Math.expm1(x)));
  }
  return found;
}

/** What is shown: the average by week moved to the forecast's own, and the band of 8 in 10 draws. */
function summary(carried, found) {
  const mean = [], low = [], high = [];
  for (let k = 0; k < carried.weeks; k += 1) {
    const column = found.map((one) => one[k]).sort((a, b) => a - b);
    const average = column.reduce((a, b) => a + b, 0) / column.length;
    const bounded = Math.min(Math.max(average, 1e-9), CERTAIN);
    mean.push(1 / (1 + (1 / bounded - 1) * Math.exp(-carried.shift[k])));
    low.push(column[Math.floor(0.1 * (column.length - 1))]);
    high.push(column[Math.ceil(0.9 * (column.length - 1))]);
  }
  return { mean, low, high };
}

/** The week by which the chance is even; null where none is. */
function evenWeek(mean) {
  const k = mean.findIndex((p) => p >= 0.5);
  return k < 0 ? null : k + 1;
}

if (typeof module !== "undefined") module.exports = { unpackAll, curves, summary, evenWeek };
