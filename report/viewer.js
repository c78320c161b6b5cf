"use strict";
/* The player, the list of cues, the timeline and the thread of a film, for its page and for the desk.
`hooks` are what the desk adds: `row` dresses a row of the list, `wanted` leaves cues out of it, `order` sorts
it, `show` puts a cue on the screen, `chosen` is called with a cue that was clicked, `grab` may take a drag on the
timeline, `over` draws on it. */
function viewer(data, hooks = {}) {
const $ = (id) => document.getElementById(id);
// A cue as the data has it, a list; its fields by name.
const START = 0, END = 1, LINES = 2, ID = 3, SENTENCES = 4, WORDS = 5, SEGMENTS = 6, REGIONS = 7, IN_FILM = 8, PROBLEM = 9, NOTES = 10;
const ROW = 62;
// Attention's scores are the recogniser's doubts; an aligner's say how surely a word was placed.
const RECOGNISED = data.spoken && data.spoken.timing === "attention";
const UNSURE = RECOGNISED ? 0.5 : 0.35;
const WHOSE = RECOGNISED ? "the recogniser's" : "the aligner's";
let peaks, loudest, still = null;  // the strip without playhead, drawn once for each size
function sound(levels) { peaks = levels; loudest = Math.max(48, peaks.reduce((a, b) => Math.max(a, b), 0)); still = null; }
sound(Uint8Array.from(atob(data.peaks), (c) => c.charCodeAt(0)));
const state = { track: 0, at: 0, cue: -1, open: null, from: 0, to: data.duration, shown: [], playing: false };
const video = $("film");

function el(tag, options = {}, ...children) {
  const made = document.createElement(tag);
  for (const [key, value] of Object.entries(options)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (key === "class") made.className = value;
    else made.setAttribute(key, value);
  }
  made.append(...children.filter((c) => c !== null));
  return made;
}
function clock(ms, fraction = true) {
  const t = Math.max(0, Math.round(ms)), two = (n) => String(n).padStart(2, "0");
  const h = Math.floor(t / 3600000), whole = `${two(Math.floor(t / 60000) % 60)}:${two(Math.floor(t / 1000) % 60)}`;
  return (h || data.duration >= 3600000 ? `${h}:` : "") + whole + (fraction ? "." + String(t % 1000).padStart(3, "0") : "");
}
/* The last of `items`, in order of their start, that begins at or before `ms`; -1 for none. */
function last(items, ms) {
  let low = 0, high = items.length;
  while (low < high) { const mid = (low + high) >> 1; if (items[mid][START] <= ms) low = mid + 1; else high = mid; }
  return low - 1;
}
function at(items, ms) { const n = last(items, ms); return n >= 0 && ms < items[n][END] ? n : -1; }
const track = () => data.tracks[state.track];
const cues = () => (track() ? track().cues : []);

/* ---- the clock, which a sound or a film drives where there is one ---- */
let loaded = null;
function load(url, offset, kind) {
  loaded = { offset };
  video.src = url; video.hidden = false;
  video.classList.toggle("sound", kind === "sound");
}
function seek(ms, { play = false } = {}) {
  state.at = Math.min(Math.max(0, ms), data.duration);
  if (loaded) {
    video.currentTime = Math.max(0, (state.at - loaded.offset) / 1000);
    if (play) video.play().catch(() => {});
  }
  keepInView(); moved();
}
video.addEventListener("timeupdate", () => tick());
video.addEventListener("play", () => { state.playing = true; frame(); });
video.addEventListener("pause", () => { state.playing = false; });
video.addEventListener("loadedmetadata", () => { video.currentTime = Math.max(0, (state.at - loaded.offset) / 1000); video.classList.toggle("sound", !video.videoWidth); });
video.addEventListener("error", () => { if (loaded && hooks.unplayable) hooks.unplayable(); else if (loaded) { $("heard").textContent = "This browser cannot play that file; subtitles and timeline still follow your clicks."; loaded = null; video.hidden = true; } });
function tick() {
  if (!loaded || video.seeking) return;
  state.at = Math.min(data.duration, video.currentTime * 1000 + loaded.offset);
  if (state.playing) keepInView();
  moved();
}
function frame() { if (state.playing) { tick(); requestAnimationFrame(frame); } }
/* ---- what changes when the time does ---- */
function moved() {
  const n = at(cues(), state.at);
  $("when").textContent = `${clock(state.at)} of ${clock(data.duration, false)}`;
  const line = $("timeline");
  line.setAttribute("aria-valuenow", Math.round(state.at / 1000));
  line.setAttribute("aria-valuetext", clock(state.at, false) + (n >= 0 ? `, ${cues()[n][LINES].join(" ")}` : ""));
  if (n !== state.cue) {
    state.cue = n;
    show();
    if (n >= 0) reveal(n);
    rows();
  }
  draw();
}

function show() {
  const shown = $("showing"), cue = state.cue >= 0 ? cues()[state.cue] : null;
  if (hooks.show) hooks.show(cue, shown); else shown.textContent = cue ? cue[LINES].join("\n") : "";
  if (track()) { shown.lang = track().tag; shown.dir = track().dir; }
}

/* ---- tracks ---- */
function choose(n) {
  state.track = n; state.cue = -2;
  $("scroller").scrollTop = 0;
  list(); moved();
}

/* ---- the list: only the rows in view are there ---- */
function list() {
  const wanted = $("find").value.trim().toLocaleLowerCase(), noted = $("noted").checked;
  state.shown = [];
  cues().forEach((c, n) => {
    const said = `${c[LINES].join(" ")} ${c[NOTES].join(" ")}`.toLocaleLowerCase();
    if ((!wanted || said.includes(wanted)) && (!noted || c[NOTES].length || c[PROBLEM]) && (!hooks.wanted || hooks.wanted(c))) state.shown.push(n);
  });
  if (hooks.order) state.shown.sort((a, b) => hooks.order(cues()[a], cues()[b]) || a - b);
  $("rows").style.height = `${state.shown.length * ROW}px`;
  $("count").textContent = state.shown.length === cues().length ? `${cues().length} cues` : `${state.shown.length} of ${cues().length} cues`;
  rows();
}
function rows() {
  const box = $("scroller"), first = Math.max(0, Math.floor(box.scrollTop / ROW) - 4);
  const end = Math.min(state.shown.length, Math.ceil((box.scrollTop + box.clientHeight) / ROW) + 4);
  const t = track(), made = [];
  for (let i = first; i < end; i++) {
    const n = state.shown[i], c = t.cues[n], open = state.open && state.open.track === state.track && state.open.cue === n;
    const row = el("div", {
      class: `row${n === state.cue ? " now" : ""}${open ? " open" : ""}`, role: "option", id: `row-${n}`, "data-cue": n,
      "aria-selected": n === state.cue ? "true" : "false", "aria-posinset": i + 1, "aria-setsize": state.shown.length,
    }, el("span", { class: "t" }, `${n + 1}`, el("br"), clock(c[START], false)),
    el("span", { class: "x", lang: t.tag, dir: t.dir }, c[LINES].join(" ")));
    if (c[NOTES].length || c[PROBLEM]) row.firstChild.append(el("span", { class: "flag", title: c[NOTES].join("; ") }, " ⚑"));
    if (hooks.row) hooks.row(c, row);
    row.style.top = `${i * ROW}px`;
    made.push(row);
  }
  $("rows").replaceChildren(...made);
  const active = made.some((r) => r.id === `row-${state.cue}`);
  if (active) $("rows").setAttribute("aria-activedescendant", `row-${state.cue}`); else $("rows").removeAttribute("aria-activedescendant");
}
function reveal(n) {
  const i = state.shown.indexOf(n), box = $("scroller");
  if (i < 0) return;
  if (i * ROW < box.scrollTop || (i + 1) * ROW > box.scrollTop + box.clientHeight) box.scrollTop = i * ROW - box.clientHeight / 2 + ROW / 2;
}
let pending = false;
$("scroller").addEventListener("scroll", () => { if (!pending) { pending = true; requestAnimationFrame(() => { pending = false; rows(); }); } });
$("rows").addEventListener("click", (event) => {
  const row = event.target.closest(".row");
  if (row) open(Number(row.dataset.cue));
});
/* Go to a cue and show its thread; the desk edits it. */
function open(n) {
  seek(cues()[n][START]);
  if (hooks.chosen) hooks.chosen(n); else thread(state.track, n);
}
$("rows").addEventListener("keydown", (event) => {
  const here = state.shown.indexOf(state.cue >= 0 ? state.cue : Math.max(0, last(cues(), state.at)));
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 5, PageUp: -5, Home: -1e9, End: 1e9 }[event.key];
  if (step && state.shown.length) {
    event.preventDefault();
    const n = state.shown[Math.min(state.shown.length - 1, Math.max(0, here + step))];
    if (hooks.chosen) open(n); else seek(cues()[n][START]);
  } else if (event.key === "Enter" && state.cue >= 0 && !hooks.chosen) { thread(state.track, state.cue); $("thread-title").focus(); }
});
$("find").addEventListener("input", () => { $("scroller").scrollTop = 0; list(); });
$("noted").addEventListener("change", () => { $("scroller").scrollTop = 0; list(); });

/* ---- the thread of a cue ---- */
function wordButton(n) {
  const [start, , text, score, id] = data.spoken.words[n];
  return el("li", {}, el("button", {
    type: "button", class: `word${score === null ? " none" : score < UNSURE ? " unsure" : ""}`, "data-word": id,
    title: `${id}, from ${clock(start)}${score === null ? "" : `, ${WHOSE} score`}`, onclick: () => seek(start, { play: Boolean(loaded) }),
  }, el("span", { lang: data.spoken.tag, dir: data.spoken.dir }, text), el("small", {}, score === null ? "no score" : score.toFixed(2))));
}
function step(kind, ...content) { return el("li", { class: "step" }, el("span", { class: "kind" }, kind), ...content); }
function facts(rows) { return el("dl", { class: "facts" }, ...rows.filter(Boolean).flatMap(([k, v]) => [el("dt", {}, k), el("dd", {}, v)])); }
const code = (text) => el("code", {}, text);
function thread(trackNumber, n) {
  const t = data.tracks[trackNumber], c = t.cues[n], steps = [];
  state.open = { track: trackNumber, cue: n };
  const address = `#cue=${t.code}/${n + 1}`;
  if (location.hash !== address && location.protocol !== "data:") history.replaceState(null, "", address);
  $("thread-title").textContent = `Cue ${n + 1} of ${t.cues.length}, ${t.english}`;
  steps.push(step(`On the screen from ${clock(c[START])} to ${clock(c[END])}, for ${((c[END] - c[START]) / 1000).toFixed(2)} s`,
    el("p", { class: "said", lang: t.tag, dir: t.dir }, ...c[LINES].flatMap((line, i) => (i ? [el("br"), line] : [line]))),
    c[IN_FILM] ? el("p", { class: "small dim" }, `In the film as ${c[IN_FILM]}, with the same text and times.`) : null,
    ...c[NOTES].map((note) => el("p", { class: "note small" }, note)),
    c[PROBLEM] ? el("p", { class: "note small" }, c[PROBLEM]) : null));
  if (c[SENTENCES].length) steps.push(step(t.by_sound ? "Translated from the sound itself, not from the words below" : t.through ? `Translated in whole sentences, through ${t.through}` : "Translated in whole sentences", ...c[SENTENCES].map((s) => el("p", {}, el("span", { lang: t.tag, dir: t.dir }, t.sentences[s][1]), " ", el("span", { class: "dim small" }, t.sentences[s][0]), t.sentences[s][2] ? el("span", { class: "dim" }, el("br"), `from: ${t.sentences[s][2]}`) : "", t.sentences[s][3] ? el("span", { class: "note" }, el("br"), `incomplete: ${t.sentences[s][3]}`) : ""))));
  if (c[WORDS].length) steps.push(step(`${t.by_sound ? "Recognised in the same stretch" : "From these words"}, in ${data.spoken.english}, each with ${WHOSE} score; times from ${data.spoken.timing}`, el("ul", { class: "words", dir: data.spoken.dir }, ...c[WORDS].map(wordButton))));
  for (const s of c[SEGMENTS]) {
    const [start, end, , score, id] = data.spoken.segments[s];
    steps.push(step("Heard in one piece", el("p", {}, `${id}, ${clock(start)} to ${clock(end)}${score === null ? "" : `, the recogniser's score ${score.toFixed(3)}`}`)));
  }
  if (c[REGIONS].length) steps.push(step("In speech at", ...c[REGIONS].map((r) => {
    const [start, end, score, id] = data.regions[r];
    return el("p", {}, `${id}, `, el("button", { type: "button", class: "word none", onclick: () => seek(start, { play: Boolean(loaded) }) }, `${clock(start)} to ${clock(end)}`), `, the speech detector's score ${score.toFixed(3)}`);
  })));
  for (const key of t.steps) {
    const s = data.stages[key];
    if (!s) continue;
    const remarks = [...s.degradations.map((d) => `${d.what}: ${d.after} instead of ${d.before}: ${d.reason}`), ...s.warnings];
    steps.push(step(`Stage ${key}`,
      ...s.models.map((m) => el("p", {}, `${m.name}${m.precision ? `, ${m.precision}` : ""}, revision `, code(m.revision || "not stated"))),
      ...remarks.map((text) => el("p", { class: "note small" }, text)),
      ...s.unrepeatable.map((text) => el("p", { class: "small dim" }, `not repeatable to the byte: ${text}`)),
      el("details", { class: "small" }, el("summary", {}, "Code, manifest, parameters", s.models.length ? ", checksums of the model's files" : ""),
        facts([
          ["commit", el("span", {}, code(s.code.commit || "not in git"), s.code.dirty ? " with edits that are in no commit" : "")],
          ["its own sources", code(s.code.digest || "?")],
          ["manifest", code(s.sha256)],
          ...s.models.flatMap((m) => Object.entries(m.files).map(([name, sum]) => [`${m.name}, ${name}`, code(sum)])),
        ]),
        el("pre", { tabindex: "0", "aria-label": `Parameters of ${key}` }, JSON.stringify(s.params, null, 1)))));
  }
  $("thread").replaceChildren(el("ol", {}, ...steps));
  rows();
}

/* ---- the timeline ---- */
const lanes = $("lanes"), strip = $("strip");
let colours = {}, places = [], gutter = 84;
function readColours() {
  const style = getComputedStyle(document.documentElement);
  for (const name of ["ink", "dim", "edge", "grid", "accent", "on-accent", "bar", "wave", "speech", "cue", "cue-ink", "now", "band", "warn", "card"]) colours[name] = style.getPropertyValue(`--${name}`).trim();
}
function layout() {
  const rowsOf = [["ruler", 20, ""], ["wave", 46, "Sound"], ["speech", 14, "Speech"]];
  data.bands.forEach((band, n) => rowsOf.push([`band${n}`, 14, band.name]));
  if (data.spoken) rowsOf.push(["words", 24, "Words"]);
  data.tracks.forEach((t, n) => rowsOf.push([`track${n}`, 27, t.name]));
  let top = 0;
  places = rowsOf.map(([name, height, label]) => { const row = { name, height, label, top }; top += height + 5; return row; });
  return top;
}
function surface(canvas, height) {
  const ratio = window.devicePixelRatio || 1, width = canvas.parentElement.clientWidth - (canvas === strip ? parseFloat(getComputedStyle(canvas.parentElement).paddingLeft) * 2 : 0);
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) { canvas.width = Math.round(width * ratio); canvas.height = Math.round(height * ratio); canvas.style.height = `${height}px`; }
  const g = canvas.getContext("2d");
  g.setTransform(ratio, 0, 0, ratio, 0, 0);
  g.clearRect(0, 0, width, height);
  return [g, width];
}
function wave(g, x0, width, top, height, from, to, colour) {
  g.fillStyle = colour;
  const per = (to - from) / width, middle = top + height / 2;
  for (let x = 0; x < width; x++) {
    const a = Math.floor(((from + x * per - data.offset) / 1000) * data.per_second), b = Math.max(a + 1, Math.ceil(((from + (x + 1) * per - data.offset) / 1000) * data.per_second));
    let loud = 0;
    for (let i = Math.max(0, a); i < b && i < peaks.length; i++) if (peaks[i] > loud) loud = peaks[i];
    const h = Math.max(1, (loud / loudest) * height);
    g.fillRect(x0 + x, middle - h / 2, 1, h);
  }
}
function ticks(span, width) {
  for (const step of [100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 3e4, 6e4, 12e4, 3e5, 6e5, 12e5, 18e5, 36e5]) if ((step / span) * width >= 78) return step;
  return 36e5;
}
/* Calls `each` for the items that lie in view. */
function inView(items, each) {
  for (let n = Math.max(0, last(items, state.from)); n < items.length && items[n][START] < state.to; n++) if (items[n][END] > state.from) each(items[n], n);
}
let asked = false;
function draw() { if (!asked) { asked = true; requestAnimationFrame(() => { asked = false; paint(); }); } }
function paint() {
  const height = layout(), [g, width] = surface(lanes, height);
  gutter = width < 560 ? 0 : 84;
  const span = state.to - state.from, x = (ms) => gutter + ((ms - state.from) / span) * (width - gutter);
  g.textBaseline = "middle";
  for (const row of places) {
    const middle = row.top + row.height / 2;
    if (row.name === "ruler") {
      const step = ticks(span, width - gutter);
      g.font = "12px system-ui, sans-serif";
      for (let t = Math.ceil(state.from / step) * step; t <= state.to; t += step) {
        g.fillStyle = colours.grid; g.fillRect(x(t), row.top + 14, 1, height);
        g.fillStyle = colours.dim; g.textAlign = "left"; g.fillText(clock(t, step < 1000), x(t) + 4, middle);
      }
    } else if (row.name === "wave") wave(g, gutter, width - gutter, row.top, row.height, state.from, state.to, colours.wave);
    else if (row.name === "speech") {
      g.fillStyle = colours.speech;
      inView(data.regions, ([a, b]) => g.fillRect(x(a), row.top, Math.max(1, x(b) - x(a)), row.height));
    } else if (row.name.startsWith("band")) {
      g.fillStyle = colours.band;
      const band = data.bands[Number(row.name.slice(4))];
      if (["Taken out", "No words"].includes(band.name)) g.fillStyle = colours.warn;
      inView(band.items, ([a, b]) => g.fillRect(x(a), row.top, Math.max(1, x(b) - x(a)), row.height));
    } else if (row.name === "words") words(g, row, x, span, width);
    else trackLane(g, row, Number(row.name.slice(5)), x);
  }
  g.fillStyle = colours.dim;
  for (const cut of data.cuts) if (cut >= state.from && cut <= state.to) { g.globalAlpha = 0.55; g.fillRect(x(cut) - 0.5, 20, 1, height - 20); g.globalAlpha = 1; }
  if (gutter) {
    g.fillStyle = colours.card; g.fillRect(0, 0, gutter, height);
    g.font = "12.5px system-ui, 'Noto Sans Devanagari', 'Noto Sans Tamil', 'Noto Naskh Arabic', sans-serif"; g.textAlign = "left"; g.fillStyle = colours.dim;
    for (const row of places) g.fillText(row.label, 0, row.top + row.height / 2, gutter - 6);
  }
  if (hooks.over) hooks.over(g, places, x, height, colours);
  g.fillStyle = colours.now;
  if (state.at >= state.from && state.at <= state.to) g.fillRect(x(state.at) - 1, 0, 2, height);
  $("span").textContent = `${clock(state.from, false)} to ${clock(state.to, false)}`;
  paintStrip();
}
function words(g, row, x, span, width) {
  const legible = span / width < 14;
  g.font = `13px ${fonts(data.spoken.tag)}`;
  inView(data.spoken.words, ([a, b, text, score]) => {
    const w = Math.max(1, x(b) - x(a) - 1);
    g.fillStyle = score !== null && score < UNSURE ? colours.warn : colours.edge;
    g.fillRect(x(a), row.top + (legible ? row.height - 3 : 4), w, legible ? 3 : row.height - 8);
    if (legible) { g.fillStyle = colours.ink; g.save(); g.beginPath(); g.rect(x(a), row.top, w + 1, row.height); g.clip(); const rtl = data.spoken.dir === "rtl"; g.direction = data.spoken.dir; g.textAlign = rtl ? "right" : "left"; g.fillText(text, rtl ? x(a) + w : x(a), row.top + row.height / 2 - 2); g.restore(); }
  });
}
function trackLane(g, row, n, x) {
  const t = data.tracks[n];
  const rtl = t.dir === "rtl";
  g.font = `13px ${fonts(t.tag)}`;
  inView(t.cues, (c, k) => {
    const a = x(c[START]), w = Math.max(1.5, x(c[END]) - a - 1);
    const now = state.track === n && state.cue === k, open = state.open && state.open.track === n && state.open.cue === k;
    g.fillStyle = now ? colours.accent : colours.cue;
    g.beginPath(); g.roundRect(a, row.top, w, row.height, Math.min(4, w / 2)); g.fill();
    if (open) { g.strokeStyle = colours.ink; g.lineWidth = 2; g.stroke(); }
    if (c[NOTES].length || c[PROBLEM]) { g.fillStyle = colours.warn; g.fillRect(a, row.top + row.height - 4, w, 4); }
    if (w > 26) {
      g.save(); g.beginPath(); g.rect(a + 4, row.top, w - 8, row.height); g.clip();
      g.fillStyle = now ? colours["on-accent"] : colours["cue-ink"]; g.direction = t.dir; g.textAlign = rtl ? "right" : "left";
      const left = Math.max(a, gutter) + 5;
      g.fillText(c[LINES].join(" "), rtl ? a + w - 5 : left, row.top + row.height / 2); g.restore();
    }
  });
}
const families = {};
function fonts(language) {
  if (!families[language]) { const probe = el("span", { lang: language, hidden: "" }); document.body.append(probe); families[language] = getComputedStyle(probe).fontFamily; probe.remove(); }
  return families[language];
}
function paintStrip() {
  const [g, width] = surface(strip, 44), x = (ms) => (ms / data.duration) * width;
  const key = `${strip.width} ${colours.wave}`;
  if (!still || still.key !== key) {
    const canvas = el("canvas"); canvas.width = strip.width; canvas.height = strip.height;
    const s = canvas.getContext("2d"), ratio = strip.width / width;
    s.scale(ratio, ratio);
    wave(s, 0, width, 2, 28, 0, data.duration, colours.wave);
    s.fillStyle = colours.speech;
    for (const [a, b] of data.regions) s.fillRect(x(a), 33, Math.max(0.6, x(b) - x(a)), 4);
    s.fillStyle = colours.bar;
    if (data.tracks[0]) for (const c of data.tracks[0].cues) s.fillRect(x(c[START]), 39, Math.max(0.6, x(c[END]) - x(c[START])), 4);
    still = { key, canvas };
  }
  g.drawImage(still.canvas, 0, 0, width, 44);
  if (state.to - state.from < data.duration) {
    g.fillStyle = colours.accent; g.globalAlpha = 0.16; g.fillRect(x(state.from), 0, x(state.to) - x(state.from), 44); g.globalAlpha = 1;
    g.strokeStyle = colours.accent; g.lineWidth = 2; g.strokeRect(x(state.from) + 1, 1, Math.max(3, x(state.to) - x(state.from) - 2), 42);
  }
  g.fillStyle = colours.now; g.fillRect(x(state.at) - 1, 0, 2, 44);
}
function view(from, span) {
  const length = Math.min(data.duration, Math.max(1000, span));
  state.from = Math.min(Math.max(0, from), data.duration - length); state.to = state.from + length;
  draw();
}
function zoom(factor, around = state.at) {
  const span = state.to - state.from, inside = around >= state.from && around <= state.to ? around : (state.from + state.to) / 2;
  const next = Math.min(data.duration, Math.max(1000, span * factor));
  view(inside - ((inside - state.from) / span) * next, next);
}
function keepInView() {
  const span = state.to - state.from;
  if (state.at < state.from || state.at > state.to - span * 0.06) view(state.at - span * 0.15, span);
}
function spot(event, canvas) { const box = canvas.getBoundingClientRect(); return [event.clientX - box.left, event.clientY - box.top, box.width]; }
function timeAt(px, width) { return state.from + ((px - gutter) / (width - gutter)) * (state.to - state.from); }
function click(px, py, width) {
  const ms = timeAt(px, width), row = places.find((r) => py >= r.top && py <= r.top + r.height + 4);
  if (row && row.name === "words") { const n = at(data.spoken.words, ms); if (n >= 0) return seek(data.spoken.words[n][START], { play: Boolean(loaded) && !video.paused }); }
  if (row && row.name.startsWith("track")) {
    const n = Number(row.name.slice(5)), k = at(data.tracks[n].cues, ms);
    if (k >= 0) {
      if (state.track !== n) { $(`track-${data.tracks[n].code}`).checked = true; choose(n); }
      open(k);
      return undefined;
    }
  }
  return seek(ms);
}
let drag = null;
lanes.addEventListener("pointerdown", (event) => { if (hooks.grab && hooks.grab(event, lanes)) return; drag = { x: event.clientX, from: state.from, far: false }; lanes.setPointerCapture(event.pointerId); });
lanes.addEventListener("pointermove", (event) => {
  if (!drag) return;
  const dx = event.clientX - drag.x;
  if (Math.abs(dx) > 4) drag.far = true;
  if (drag.far) view(drag.from - (dx / (lanes.clientWidth - gutter)) * (state.to - state.from), state.to - state.from);
});
lanes.addEventListener("pointerup", (event) => { if (drag && !drag.far) click(...spot(event, lanes)); drag = null; });
lanes.addEventListener("pointercancel", () => { drag = null; });
lanes.addEventListener("wheel", (event) => {
  if (event.ctrlKey || event.metaKey) { event.preventDefault(); const [px, , width] = spot(event, lanes); zoom(Math.exp(event.deltaY / 300), timeAt(px, width)); }
  else if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) { event.preventDefault(); view(state.from + (event.deltaX / lanes.clientWidth) * (state.to - state.from), state.to - state.from); }
}, { passive: false });
function overStrip(event) { const [px, , width] = spot(event, strip), span = state.to - state.from, ms = (px / width) * data.duration; if (span < data.duration) view(ms - span / 2, span); return ms; }
strip.addEventListener("pointerdown", (event) => { strip.setPointerCapture(event.pointerId); seek(overStrip(event)); });
strip.addEventListener("pointermove", (event) => { if (event.buttons) overStrip(event); });
function hop(by) {
  const all = cues(); if (!all.length) return;
  const n = last(all, state.at);
  seek(all[Math.min(all.length - 1, Math.max(0, by > 0 ? n + 1 : all[Math.max(0, n)][START] < state.at - 300 ? n : n - 1))][START]);
}
$("timeline").addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const far = event.shiftKey ? 10000 : 1000;
  const act = {
    ArrowRight: () => seek(state.at + far), ArrowLeft: () => seek(state.at - far), ArrowUp: () => seek(state.at + far), ArrowDown: () => seek(state.at - far),
    PageDown: () => hop(1), PageUp: () => hop(-1), Home: () => seek(0), End: () => seek(data.duration), "+": () => zoom(0.5), "=": () => zoom(0.5), "-": () => zoom(2),
    Enter: () => { if (state.cue >= 0 && hooks.chosen) hooks.chosen(state.cue); else if (state.cue >= 0) { thread(state.track, state.cue); $("thread-title").focus(); } },
    " ": () => { if (loaded) { if (video.paused) video.play().catch(() => {}); else video.pause(); } },
  }[event.key];
  if (act) { event.preventDefault(); act(); }
});
$("in").addEventListener("click", () => zoom(0.5));
$("out").addEventListener("click", () => zoom(2));
$("all").addEventListener("click", () => view(0, data.duration));
$("before").addEventListener("click", () => hop(-1));
$("after").addEventListener("click", () => hop(1));
const legend = [["wave", "sound"], ["speech", "speech"], ...(data.bands.length ? [["band", data.bands.map((b) => b.name.toLowerCase()).join(", ")]] : []), ["cue", "cue"], ["accent", "cue now"], ["warn", "unsure word, or a cue with a note"], ...(data.cuts.length ? [["dim", "cut of the picture"]] : [])];
for (const [colour, text] of legend) { const dot = el("i"); dot.style.background = `var(--${colour})`; $("legend").append(el("span", {}, dot, text)); }
$("timeline").setAttribute("aria-valuemax", Math.round(data.duration / 1000));
if (!data.tracks.length) state.track = -1;
readColours();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { readColours(); draw(); });
new ResizeObserver(() => { draw(); rows(); }).observe($("timeline"));
function begin() { view(0, Math.min(data.duration, 12000)); list(); moved(); }

return {
  $, el, clock, state, video, code, cues, track, load, seek, show, moved, draw, list, rows, reveal, choose, thread, view, zoom, hop, timeAt, sound, begin, last, at,
  loaded: () => loaded, places: () => places, redrawStrip: () => { still = null; draw(); }, levels: () => peaks,
};
}
