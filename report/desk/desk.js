/* The desk: the film's viewer, with hands. What is typed shows at once and is saved at once; the server's answer
brings the rules, and what others did. */
async function desk() {
const page = document.body.dataset, api = page.api;
const START = 0, END = 1, LINES = 2, ID = 3, WORDS = 5, NOTES = 10, MORE = 11;
const POLL_MS = 1500, RETRY_MS = 2000, PAUSE_MS = 1200, READ_MS = 700, PLAYED = 0.6, NEAR_PX = 8;
const draftKey = `desk-draft ${page.job} ${page.language}`;

async function call(path, body) {
  const options = body === undefined ? {} : { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  let answer;
  try { answer = await fetch(`${api}${path}`, options); } catch { throw Object.assign(new Error("the desk's server does not answer; is it stopped?"), { again: true }); }
  if (answer.ok) return answer.json();
  const text = await answer.text();
  let said = { problem: text };
  try { said = JSON.parse(text); } catch { /* plain text */ }
  throw Object.assign(new Error(said.problem || `status ${answer.status}`), { status: answer.status, cues: said.cues, again: [403, 421, 500, 502, 503, 507].includes(answer.status) });
}

let data;
try { data = await call(""); } catch (error) {
  document.getElementById("alarm").hidden = false;
  document.getElementById("alarm").textContent = `This track can't be opened: ${error.message}`;
  document.documentElement.dataset.ready = "yes";
  return;
}
let number = data.number, comments = data.comments, approved = data.approved, rank = [];
let chosen = null;           // the id of the cue in the editor
let opened = "";             // its text when it was chosen, to see what was corrected
let run = "";                // keystrokes of one run are undone together
let stopAt = null, drag = null, offer = null, answer = null, here = {};
const v = viewer(data, { row: dress, wanted, order, show, chosen: (n) => choose(cues()[n][ID]), grab, over, unplayable });
const { $, el, clock, state, video } = v;
const cues = () => data.tracks[0].cues, track = data.tracks[0];
const places = () => new Map(cues().map((c, n) => [c[ID], n]));
const at = (id) => cues().findIndex((c) => c[ID] === id);
const cue = () => { const n = chosen === null ? -1 : at(chosen); return n < 0 ? null : cues()[n]; };

/* ---- who ---- */
const who = $("who");
who.value = localStorage.getItem("desk-who") || "";
who.addEventListener("change", () => { localStorage.setItem("desk-who", who.value.trim()); pump(); });
const named = () => who.value.trim();

/* Asked when somebody who types pauses: a dialog that opens before takes the next letters. */
let pausing = null;
function askName() {
  saved();
  clearTimeout(pausing);
  const typing = waiting.every((one) => one.do === "text");
  pausing = setTimeout(() => {
    if (named()) { pump(); return; }
    ask("Who are you?", "Your name, for the review", "", (name) => { who.value = name; localStorage.setItem("desk-who", name); pump(); });
  }, typing ? PAUSE_MS : 0);
}

/* ---- saving: one change after the other; nothing is dropped before it is saved ---- */
const waiting = [];
let busy = false, failing = "";
function change(what, given = {}, ids = [], done = null) {
  const last = waiting[waiting.length - 1];
  if (what === "text" && last && last.do === "text" && !last.sent && last.given.id === given.id) last.given = given;
  else waiting.push({ do: what, given, ids, done, sent: false });
  pump();
}
async function pump() {
  if (busy || !waiting.length) return;
  if (!named()) { askName(); return; }
  busy = true;
  while (waiting.length) {
    const job = waiting[0];
    job.sent = true;
    saved();
    const seen = {};
    for (const id of job.ids) { const n = at(id); if (n >= 0) seen[id] = cues()[n][MORE].v; }
    try {
      const reply = await call("/change", { ...job.given, do: job.do, who: named(), number, seen });
      waiting.shift();
      failing = "";
      if (job.do === "text" && !waiting.some((one) => one.do === "text")) localStorage.removeItem(draftKey);
      take(reply, job.do === "text" ? job.given.id : null);
      if (job.done) job.done(reply);
    } catch (error) {
      if (error.again) {
        failing = error.status === 403 ? "the desk was started again: open the new address that it printed" : error.message;
        saved();
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
        continue;
      }
      waiting.shift();
      localStorage.removeItem(draftKey);
      await catchUp();
      const mine = job.do === "text" ? job.given.text : null;
      if (error.status === 409 && mine !== null) alarm(`${error.message}. You wrote: “${mine}”`, at(job.given.id) >= 0 ? ["Put mine there", () => { alarm(""); change("text", job.given, [job.given.id], () => fill()); }] : null);
      else alarm(error.message);
      if (job.given.id === chosen || error.status === 409) fill();
    }
  }
  busy = false;
  saved();
}
function saved() {
  const text = failing ? `NOT SAVED: ${failing}` : waiting.length ? "Saving" : data.unsaved ? `NOT IN THE FILE: ${data.unsaved}` : number > 1 ? "Everything is saved" : "Nothing changed yet";
  if ($("saved").textContent !== text) $("saved").textContent = text;
  $("saved").className = `small ${failing || data.unsaved ? "bad mark" : "good mark"}`;
}
function alarm(text, action = null) {
  const box = $("alarm");
  box.hidden = !text;
  box.replaceChildren(...(text ? [el("span", {}, text), action ? el("button", { type: "button", onclick: action[1] }, action[0]) : null, el("button", { type: "button", onclick: () => alarm("") }, "Close")].filter(Boolean) : []));
}
/* Something that is good to know, until another cue is chosen. */
function notice(text) { if ($("notice").textContent !== text) $("notice").textContent = text; }
/* Take in what the server says has changed. The text that is being typed stays as it is typed. */
function take(reply, typing) {
  const all = cues(), known = places();
  const gone = new Set(reply.gone);
  const fresh = [];
  let moved = gone.size > 0;
  for (const row of reply.rows) {
    const n = known.get(row[ID]);
    if (n === undefined) { fresh.push(row); moved = true; continue; }
    if (all[n][START] !== row[START] || all[n][END] !== row[END]) moved = true;
    if (row[ID] === typing && waiting.some((job) => job.do === "text" && job.given.id === typing)) { row[LINES] = all[n][LINES]; row[MORE].text = all[n][MORE].text; }
    all[n] = row;
  }
  if (moved) {
    track.cues = [...all.filter((c) => !gone.has(c[ID])), ...fresh].sort((a, b) => a[START] - b[START] || a[END] - b[END] || (a[ID] < b[ID] ? -1 : 1));
    v.redrawStrip();
  }
  number = reply.number; comments = reply.comments; approved = reply.approved; data.unsaved = reply.unsaved;
  if (data.upstream !== reply.upstream) { data.upstream = reply.upstream; showUpstream(); }
  ranked();
  if (chosen !== null && at(chosen) < 0) { const near = v.last(cues(), state.at); choose(cues().length ? cues()[Math.max(0, near)][ID] : null, { quiet: true }); }
  const n = chosen === null ? -1 : at(chosen);
  state.open = n < 0 ? null : { track: 0, cue: n };
  if (moved || $("which").value !== "all") v.list(); else v.rows();
  state.cue = v.at(cues(), state.at);
  v.show(); v.draw(); facts();
  if (chosen !== typing && reply.rows.some((row) => row[ID] === chosen)) fill();
  showComments(); finished();
}
async function catchUp() {
  try {
    const reply = await call("/since", { who: named(), number, cue: chosen || "" });
    const others = Object.entries(reply.by).filter(([name]) => name !== named());
    here = reply.others || {};
    const names = Object.entries(here).map(([name, id]) => { const n = at(id); return n < 0 ? name : `${name} (cue ${n + 1})`; });
    const text = names.length ? `Here too: ${names.join(", ")}` : "";
    if ($("others").textContent !== text) $("others").textContent = text;
    if (reply.number !== number) {
      take(reply, null);
      if (others.length) notice(`Changed by others: ${others.map(([name, kind]) => `${name} (${kind})`).join(", ")}`);
    }
    if (failing && !waiting.length) { failing = ""; saved(); }
  } catch (error) {
    if (error.again) { failing = error.status === 403 ? "the desk was started again: open the new address that it printed" : error.message; saved(); } else alarm(error.message);
  }
}
setInterval(() => { if (!busy && named()) catchUp(); }, POLL_MS);
window.addEventListener("beforeunload", (event) => { if (waiting.length) event.preventDefault(); });

/* ---- the list: what is in it, in which order, how a row looks ---- */
const doubtful = (c) => c[MORE].score > 0 && !c[MORE].approved;
function ranked() { rank = cues().filter(doubtful).sort((a, b) => b[MORE].score - a[MORE].score || a[START] - b[START]); }
function wanted(c) {
  const more = c[MORE];
  return { all: true, doubt: doubtful(c), open: !more.approved, mine: Boolean(more.by), comment: more.comment }[$("which").value];
}
function order(a, b) { return $("which").value === "doubt" ? b[MORE].score - a[MORE].score : 0; }
function dress(c, row) {
  const more = c[MORE], place = row.firstChild;
  place.querySelector(".flag")?.remove();
  if (more.approved) place.append(el("span", { class: "done", title: `approved by ${more.approved[0]}` }, " ✓"));
  else if (more.score > 0) place.append(el("span", { class: "flag", title: c[NOTES].join("; ") }, " ⚑"));
  if (more.by) place.append(el("span", { title: `corrected by ${more.by[0]}` }, " ✎"));
  if (more.comment) place.append(el("span", { title: "has comments" }, " ❝"));
  if (Object.values(here).includes(c[ID])) { row.classList.add("here"); row.title = "somebody else works here"; }
}
$("which").addEventListener("change", () => { $("scroller").scrollTop = 0; v.list(); });

/* ---- the picture ---- */
function pieces(line) {
  const made = document.createDocumentFragment(), open = [made];
  for (const part of line.split(/(<\/?[biu]>)/)) {
    const tag = part.match(/^<(\/?)([biu])>$/);
    if (!tag) open[open.length - 1].append(part.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&"));
    else if (tag[1]) { if (open.length > 1) open.pop(); } else { const inner = el(tag[2]); open[open.length - 1].append(inner); open.push(inner); }
  }
  return made;
}
function show(c, box) {
  box.className = `showing place-${c ? c[MORE].place : 2}`;
  if (!c) { box.replaceChildren(); return; }
  const lines = c[MORE].marked.length ? c[MORE].marked.map(pieces) : c[LINES].map((line) => (c[MORE].italic ? el("i", {}, line) : line));
  box.replaceChildren(...lines.flatMap((line, i) => (i ? [el("br"), line] : [line])));
}
function heard(text) { if ($("heard").textContent !== text) $("heard").textContent = text; }
let source = "film";
function unplayable() {
  if (source === "sound") { heard("This browser plays neither the film nor its sound."); return; }
  if (source === "copy") { heard("This browser does not play the copy either."); return; }
  source = "sound";
  heard("This browser can't play the film itself.");
  $("make-copy").hidden = true;
  follow(data.copy.ready ? data.copy : null);
}
async function follow(known) {
  try {
    let copy = known || await call("/copy", {});
    if (!copy.ready && source !== "film") v.load(`${api}/media/sound`, data.offset, "sound");
    while (!copy.ready && !copy.failed) {
      heard(`This browser can't play the film itself: you hear its sound. A copy for it is being made, ${Math.floor(copy.progress * 100)} %.`);
      await new Promise((resolve) => setTimeout(resolve, 1000));
      copy = await call("/copy");
    }
    if (copy.failed) { heard(`No copy could be made: ${copy.failed}`); return; }
    source = "copy";
    v.load(`${api}/media/copy`, 0, "film");
    heard("What plays is a copy made for this browser, of 480 lines at most; the film itself is as it was.");
  } catch (error) { heard(error.message); }
}
video.addEventListener("loadeddata", () => { if (source === "film") { heard("The film itself."); $("make-copy").hidden = false; } });
$("make-copy").addEventListener("click", () => { source = "sound"; $("make-copy").hidden = true; follow(null); });
v.load(`${api}/media/film`, 0, "film");

/* ---- playing ---- */
function play(from, to) {
  if (!v.loaded()) { v.seek(from); heard("Nothing can be played here."); return; }
  stopAt = null;
  v.seek(from, { play: true });
  stopAt = to;
}
let began = null;  // the cue that is being played, and from when
function watch() {
  if (!video.paused) {
    if (stopAt !== null && state.at >= stopAt) { const end = stopAt; stopAt = null; video.pause(); v.seek(end - 1); }
    const n = v.at(cues(), state.at), id = n < 0 ? null : cues()[n][ID];
    if (began && began.id !== id) { heardCue(began); began = null; }
    if (id && !began) began = { id, from: state.at };
    if (began) began.to = state.at;
  } else if (began) { heardCue(began); began = null; }
  requestAnimationFrame(watch);
}
requestAnimationFrame(watch);
const seen = { read: new Set(), played: new Set() };
function heardCue({ id, from, to }) {
  const n = at(id);
  if (n >= 0 && to - from >= PLAYED * (cues()[n][END] - cues()[n][START]) && !cues()[n][MORE].played.includes(named())) seen.played.add(id);
}
setInterval(() => {
  if (!named() || !(seen.read.size || seen.played.size) || waiting.length) return;
  change("seen", { read: [...seen.read], played: [...seen.played] });
  seen.read.clear(); seen.played.clear();
}, 3000);

/* ---- the editor ---- */
const text = $("text");
let reading = 0, looked = 0;
function choose(id, { focus = false, seek = false, quiet = false } = {}) {
  leaving();
  if (!quiet && id !== chosen) notice("");
  chosen = id;
  run = `${Date.now().toString(36)}${Math.random().toString(36).slice(2, 6)}`;
  const c = cue();
  opened = c ? c[MORE].text : "";
  answer = null; $("asked").hidden = true;
  const n = c ? at(id) : -1;
  state.open = c ? { track: 0, cue: n } : null;
  if (c && seek) v.seek(c[START]);
  fill();
  if (c && !quiet) {
    const address = `#cue=${track.code}/${n + 1}`;
    if (location.hash !== address) history.replaceState(null, "", address);
    clearTimeout(reading);
    reading = setTimeout(() => { if (chosen === id && named() && !c[MORE].read.includes(named())) seen.read.add(id); }, READ_MS);
    clearTimeout(looked);
    looked = setTimeout(() => { if (chosen === id) { context(id); const k = at(id); if (k >= 0) v.thread(0, k); } }, 120);
  }
  v.rows(); if (n >= 0) v.reveal(n); v.draw();
  if (focus) { text.focus(); text.setSelectionRange(text.value.length, text.value.length); }
}
/* Fill the editor with the cue as it is saved. */
function fill() {
  const c = cue();
  text.disabled = !c;
  if (text.value !== (c ? c[MORE].text : "")) text.value = c ? c[MORE].text : "";
  text.lang = track.tag; text.dir = track.dir;
  facts();
  source_(c);
}
function facts() {
  const c = cue();
  const n = c ? at(chosen) : -1;
  $("cue-name").textContent = c ? `Cue ${n + 1} of ${cues().length}` : "No cue";
  for (const [id, at] of [["cue-in", START], ["cue-out", END]]) { $(id).disabled = !c; if (document.activeElement !== $(id)) $(id).value = c ? clock(c[at]) : ""; }
  if (!c) { $("rules").replaceChildren(); $("doubts").replaceChildren(); $("state").textContent = ""; return; }
  const more = c[MORE], held = data.rules, broken = more.broken, frames = (ms) => Math.round(ms / data.frame_ms);
  const chip = (rule, said, title) => el("li", { class: rule in broken ? "broken" : null, title, "data-rule": rule }, said);
  $("rules").replaceChildren(
    chip("max_chars_per_second", `${more.cps.toFixed(1)} of ${held.max_chars_per_second} characters a second`),
    ...more.cpl.map((width) => el("li", { class: width > held.max_chars_per_line ? "broken" : null, "data-rule": "line" }, `${width} of ${held.max_chars_per_line} in the line`)),
    chip("max_lines", `${c[LINES].length} of ${held.max_lines} lines`),
    el("li", { class: "min_duration" in broken || "max_duration" in broken ? "broken" : null, "data-rule": "duration", title: `${held.min_duration_ms} to ${held.max_duration_ms} ms` }, `${((c[END] - c[START]) / 1000).toFixed(2)} s`),
    more.gap === null ? el("li", {}, "the last cue") : el("li", { class: "min_gap" in broken || "overlap" in broken || "close_gap" in broken ? "broken" : null, "data-rule": "gap", title: `at least ${held.min_gap_frames} frames` }, more.gap < 0 ? `overlaps the next by ${-more.gap} ms` : `${frames(more.gap)} frames to the next`),
    el("li", { class: more.outside > 0.5 ? "broken" : null, "data-rule": "speech" }, more.outside > 0.02 ? `${Math.round(more.outside * 100)} % outside of speech` : "within speech"),
  );
  $("doubts").replaceChildren(...c[NOTES].map((said) => el("li", {}, said)));
  $("state").textContent = [more.approved ? `✓ approved by ${more.approved[0]}` : "", more.by ? `corrected by ${more.by[0]}` : ""].filter(Boolean).join(", ");
}
function source_(c) {
  const box = $("source");
  if (!c || !data.spoken) { box.replaceChildren(); return; }
  box.lang = data.spoken.tag; box.dir = data.spoken.dir;
  const least = data.spoken.timing === "attention" ? 0.5 : 0.35;
  box.replaceChildren(...c[WORDS].flatMap((n) => {
    const [start, end, said, score] = data.spoken.words[n];
    return [el("span", { class: `said${score !== null && score < least ? " unsure" : ""}`, title: score === null ? null : score.toFixed(2), onclick: () => play(start, end) }, said), " "];
  }));
}
async function context(id) {
  let behind;
  try { behind = await call(`/context/${encodeURIComponent(id)}`); } catch { return; }
  if (chosen !== id) return;
  const terms = behind.sentences.flatMap((s) => s.terms.map(([from, to, put, held]) => [s.said.slice(from, to), put, held]));
  $("source").querySelectorAll(".term").forEach((old) => old.remove());
  $("source").append(...terms.flatMap(([said, put, held]) => [el("span", { class: `term small ${held ? "held" : "lacks"}`, title: held ? "the term is in the text" : "the glossary's term is not in the text" }, said === put ? said : `${said} → ${put}`), " "]));
  here.sentence = behind.sentences.map((s) => s.said).join(" ");
}
text.addEventListener("input", () => {
  const c = cue();
  if (!c) return;
  const lines = text.value.split("\n").map((line) => line.trim()).filter(Boolean);
  c[LINES] = lines.map((line) => line.replace(/<\/?[biu]>|\{\\[^}]*\}/g, ""));
  c[MORE].text = text.value; c[MORE].marked = []; c[MORE].approved = null;
  localStorage.setItem(draftKey, JSON.stringify({ id: chosen, text: text.value }));
  const n = v.at(cues(), state.at);
  if (n >= 0 && cues()[n] === c) v.show();
  v.rows(); v.draw();
  change("text", { id: chosen, text: text.value, run }, [chosen]);
});
/* A name that was corrected is offered for all its places. */
async function leaving() {
  const c = cue(), id = chosen, before = opened;
  offer = null; $("offer").hidden = true;
  if (!c || c[MORE].text === before) return;
  opened = c[MORE].text;
  let offered = null;
  try { offered = await call("/offer", { id, before, after: c[MORE].text }); } catch { return; }
  if (!offered) return;
  offer = offered;
  $("offer").hidden = false;
  $("offer").replaceChildren(`“${offered.find}” stands in ${offered.count} more ${offered.count === 1 ? "cue" : "cues"}. `, el("button", { type: "button", onclick: () => acts.everywhere() }, `See them and put “${offered.put}” `, el("kbd", {}, "Alt+R")));
}
text.addEventListener("blur", leaving);
function parseClock(value) {
  const match = value.trim().match(/^(?:(?:(\d+):)?(\d+):)?(\d+)(?:[.,](\d{1,3}))?$/);
  return match ? ((Number(match[1] || 0) * 60 + Number(match[2] || 0)) * 60 + Number(match[3])) * 1000 + Number((match[4] || "0").padEnd(3, "0")) : null;
}
for (const [id, index] of [["cue-in", START], ["cue-out", END]]) $(id).addEventListener("change", () => {
  const c = cue(), ms = parseClock($(id).value);
  if (!c) return;
  if (ms === null) { alarm(`“${$(id).value}” is no time like 1:02.500`); $(id).value = clock(c[index]); return; }
  move(index === START ? ms : c[START], index === END ? ms : c[END]);
});
function move(start, end) {
  const c = cue();
  if (!c) return;
  [c[START], c[END]] = [Math.max(0, start), Math.max(start + 1, end)];
  facts(); v.draw();
  change("move", { id: chosen, start: Math.round(start), end: Math.round(end), run: `move ${run}` }, [chosen]);
}
/* Times that are to be moved again, before the answer came: from where they are now. */
function nudge(index, frames) {
  const c = cue();
  if (!c) return;
  const ms = c[index] + frames * data.frame_ms;
  move(index === START ? ms : c[START], index === END ? ms : c[END]);
}

/* ---- the timeline: the edges of the chosen cue ---- */
function nearestSnap(ms, most) {
  let best = null;
  for (const kind of ["words", "shots", "silence"]) {
    const list = data.snaps[kind];
    let low = 0, high = list.length;
    while (low < high) { const mid = (low + high) >> 1; if (list[mid] < ms) low = mid + 1; else high = mid; }
    for (const one of [list[low - 1], list[low]]) if (one !== undefined && Math.abs(one - ms) <= most && (!best || Math.abs(one - ms) < Math.abs(best.ms - ms))) best = { ms: one, kind };
  }
  return best;
}
function scale(canvas) { return (v.timeAt(200, canvas.clientWidth) - v.timeAt(100, canvas.clientWidth)) / 100; }
function grab(event, canvas) {
  const c = cue();
  if (!c) return false;
  const box = canvas.getBoundingClientRect(), px = event.clientX - box.left, per = scale(canvas), ms = v.timeAt(px, box.width);
  const row = v.places().find((r) => event.clientY - box.top >= r.top && event.clientY - box.top <= r.top + r.height + 4);
  if (!row || !(row.name.startsWith("track") || row.name === "wave")) return false;
  const edge = Math.abs(c[START] - ms) <= NEAR_PX * per ? START : Math.abs(c[END] - ms) <= NEAR_PX * per ? END : null;
  if (edge === null) return false;
  drag = { edge, canvas, was: [c[START], c[END]], snapped: null };
  canvas.setPointerCapture(event.pointerId);
  return true;
}
$("lanes").addEventListener("pointermove", (event) => {
  if (!drag) return;
  const c = cue(), box = drag.canvas.getBoundingClientRect();
  let ms = v.timeAt(event.clientX - box.left, box.width);
  drag.snapped = event.shiftKey ? null : nearestSnap(ms, NEAR_PX * scale(drag.canvas));
  if (drag.snapped) ms = drag.snapped.ms;
  if (drag.edge === START) c[START] = Math.max(0, Math.min(ms, c[END] - data.frame_ms)); else c[END] = Math.max(ms, c[START] + data.frame_ms);
  facts(); v.draw();
});
$("lanes").addEventListener("pointerup", () => { if (!drag) return; const c = cue(); drag = null; move(c[START], c[END]); });
$("lanes").addEventListener("pointercancel", () => { if (!drag) return; const c = cue(); [c[START], c[END]] = drag.was; drag = null; facts(); v.draw(); });
function over(g, rows, x, height, colours) {
  const c = cue();
  if (!c || c[END] < state.from || c[START] > state.to) return;
  const top = rows[1].top, a = x(c[START]), b = x(c[END]);
  g.fillStyle = colours.accent; g.globalAlpha = 0.13; g.fillRect(a, top, b - a, height - top); g.globalAlpha = 1;
  for (const edge of [a, b]) { g.fillRect(edge - 1, top, 2, height - top); g.fillRect(edge - 3, top, 6, 10); }
  if (drag && drag.snapped) { g.fillStyle = colours.warn; g.fillRect(x(drag.snapped.ms) - 1, 0, 2, height); g.textAlign = "left"; g.fillText(drag.snapped.kind, x(drag.snapped.ms) + 5, 10); }
}

/* ---- what the keys and buttons do ---- */
function step(by) {
  if (!cues().length) return;
  const n = chosen === null ? -1 : at(chosen);
  choose(cues()[Math.min(cues().length - 1, Math.max(0, n + by))][ID], { seek: true, focus: document.activeElement === text });
}
function nextDoubt(by) {
  const others = rank.filter((c) => c[ID] !== chosen);
  if (!others.length) { notice("No doubtful cue is left."); return false; }
  const c = cue(), n = c ? rank.findIndex((one) => one[ID] === chosen) : -1;
  const next = n < 0 ? rank[0] : rank[(n + by + rank.length) % rank.length];
  choose(next[ID], { seek: true, focus: true });
  return true;
}
function wrap(tag) {
  const [from, to] = [text.selectionStart, text.selectionEnd], open = `<${tag}>`, close = `</${tag}>`;
  const some = from === to ? [0, text.value.length] : [from, to], inner = text.value.slice(...some);
  const bare = inner.startsWith(open) && inner.endsWith(close);
  text.setRangeText(bare ? inner.slice(open.length, -close.length) : open + inner + close, ...some, "select");
  text.dispatchEvent(new Event("input"));
}
const acts = {
  doubt: () => nextDoubt(1), doubtBack: () => nextDoubt(-1),
  next: () => step(1), previous: () => step(-1),
  accept: () => {
    const c = cue();
    if (!c) return;
    const id = chosen;
    seen.read.add(id);
    change("approve", { ids: [id], on: true }, []);
    c[MORE].approved = [named(), ""];
    ranked();
    if (!rank.some((one) => one[ID] !== id)) { leaving(); v.rows(); facts(); notice("No doubtful cue is left. Alt+Shift+P approves the track."); return; }
    choose(rank[0][ID], { seek: true, focus: true });
  },
  approve: () => { const c = cue(); if (c) change("approve", { ids: [chosen], on: !c[MORE].approved }, []); },
  write: () => { text.focus(); }, leave: () => { if (document.activeElement === text) $("rows").focus(); },
  play: () => { const c = cue(); if (c) play(c[START], c[END]); },
  around: () => { const c = cue(); if (c) play(Math.max(0, c[START] - 1000), c[END] + 1000); },
  before: () => { const c = cue(); if (c) play(Math.max(0, c[START] - 500), c[START]); },
  after: () => { const c = cue(); if (c) play(c[END], c[END] + 500); },
  toEnd: () => { const c = cue(); if (c) play(c[START], null); },
  toggle: () => { stopAt = null; if (video.paused) video.play().catch(() => {}); else video.pause(); },
  back: () => v.seek(state.at - 500), forth: () => v.seek(state.at + 500),
  split: () => { const c = cue(); if (c) change("split", { id: chosen, at: text.selectionStart }, [chosen], () => fill()); },
  join: () => { const n = at(chosen), next = n >= 0 && cues()[n + 1]; if (next) change("join", { id: chosen, next: next[ID] }, [chosen, next[ID]], () => fill()); },
  insert: () => { const c = cue(); insertAt(c ? c[END] + data.rules.min_gap_frames * data.frame_ms : state.at); },
  insertHere: () => insertAt(state.at),
  remove: () => {
    if (chosen === null) return;
    const n = at(chosen), next = cues()[n + 1] || cues()[n - 1], id = chosen;
    change("delete", { ids: [id] }, [id]);
    if (next) choose(next[ID], { seek: true });
  },
  inEarlier: () => nudge(START, -1), inLater: () => nudge(START, 1), outEarlier: () => nudge(END, -1), outLater: () => nudge(END, 1),
  inHere: () => { const c = cue(); if (c) move(state.at, Math.max(c[END], state.at + data.frame_ms)); },
  outHere: () => { const c = cue(); if (c) move(Math.min(c[START], state.at - data.frame_ms), state.at); },
  snap: () => { const c = cue(); if (!c) return; const [a, b] = [c[START], c[END]].map((ms) => nearestSnap(ms, 500)?.ms ?? ms); if (b > a) move(a, b); },
  italic: () => wrap("i"),
  undo: () => change("undo", {}, [], changedHere), redo: () => change("redo", {}, [], changedHere),
  find: () => { $("find").focus(); $("find").select(); },
  findNext: () => { const now = state.shown.indexOf(at(chosen)), next = state.shown[(now + 1) % state.shown.length]; if (next !== undefined) choose(cues()[next][ID], { seek: true }); },
  replace: () => replacing("", "", false),
  everywhere: () => { if (offer) replacing(offer.find, offer.put, true); },
  number: () => ask("Go to a cue", "Its number", "", (value) => { const c = cues()[Number(value) - 1]; if (c) choose(c[ID], { seek: true, focus: true }); }),
  ask: askEngine,
  take: () => { if (answer && cue()) { text.value = answer; text.dispatchEvent(new Event("input")); text.focus(); $("asked").hidden = true; answer = null; } },
  comment: () => $("comment").focus(), list: () => $("rows").focus(), timeline: () => $("timeline").focus(),
  finish: () => finishing(), help: () => { $("help-box").showModal(); },
};
/* After an undo: to where something was undone. */
function changedHere(reply) {
  const row = reply.rows.find((one) => one[MORE].v === reply.number);
  if (row && row[ID] !== chosen) choose(row[ID], { seek: true });
  fill();
}
function insertAt(ms) {
  change("insert", { start: Math.round(ms) }, [], (reply) => {
    const made = reply.rows.find((row) => row[MORE].v === reply.number && row[MORE].text === "");
    if (made) choose(made[ID], { seek: true, focus: true });
  });
}
function bare(event) { return !event.target.closest("textarea, input, select, [contenteditable]") && !event.target.closest("#timeline"); }
const byKey = new Map(), byBare = new Map();
for (const row of KEYS) { for (const key of row.keys || []) byKey.set(key, row.act); for (const key of row.bare || []) byBare.set(key, row.act); }
document.addEventListener("keydown", (event) => {
  if (document.querySelector("dialog[open]") || event.isComposing) return;
  const key = pressed(event), own = bare(event) && !(event.target.closest("button, a, summary") && ["Enter", " "].includes(key));
  const act = byKey.get(key) || (own ? byBare.get(key) : undefined);
  if (!act || (key === "Shift+Enter" && event.target !== text)) return;
  event.preventDefault(); event.stopPropagation();
  acts[act]();
}, true);
const buttons = [["accept", "Accept, next doubt", "first"], ["doubt", "Next doubt"], ["play", "Play"], ["around", "Around"], ["split", "Split"], ["join", "Join"], ["insert", "Insert"], ["remove", "Delete"], ["snap", "Snap"], ["ask", "Ask again"]];
for (const [act, label, kind] of buttons) {
  const keys = KEYS.find((row) => row.act === act).keys;
  $("buttons").append(el("button", { type: "button", class: kind, "data-act": act, onmousedown: (event) => event.preventDefault(), onclick: () => acts[act]() }, `${label} `, el("kbd", {}, keyNamed(keys[keys.length - 1]))));
}
for (const id of ["undo", "redo", "replace", "finish", "help"]) $(id).addEventListener("click", () => acts[id]());
for (const row of KEYS) $("key-rows").append(el("tr", {}, el("td", {}, row.text), el("td", {}, ...[...(row.keys || []), ...(row.bare || [])].flatMap((key) => [el("kbd", {}, keyNamed(key)), " "])), el("td", { class: "small" }, row.as || "")));

/* ---- boxes ---- */
let asking = null;
function ask(title, label, value, done) {
  if ($("ask-box").open) return;
  asking = done;
  $("ask-title").textContent = title; $("ask-label").textContent = label; $("ask-text").value = value;
  $("ask-box").showModal(); $("ask-text").focus(); $("ask-text").select();
}
$("ask-form").addEventListener("submit", () => { const done = asking, value = $("ask-text").value.trim(); asking = null; if (done && value) done(value); });
$("ask-close").addEventListener("click", () => $("ask-box").close());
$("replace-close").addEventListener("click", () => $("replace-box").close());
$("finish-close").addEventListener("click", () => $("finish-box").close());

let previewed = [];
function search() { return { find: $("replace-find").value, put: $("replace-put").value, case: $("replace-case").checked, words: $("replace-words").checked }; }
function replacing(find, put, name) {
  $("replace-find").value = find || $("replace-find").value; $("replace-put").value = put || $("replace-put").value;
  if (name) { $("replace-case").checked = true; $("replace-words").checked = true; }
  $("replace-box").showModal();
  preview();
  if (name) $("replace-do").focus(); else { $("replace-find").focus(); $("replace-find").select(); }
}
let wait = 0;
async function preview() {
  const mine = ++wait, wanted = search();
  if (!wanted.find.trim()) { previewed = []; $("replace-rows").replaceChildren(); $("replace-count").textContent = ""; return; }
  let rows;
  try { rows = await call("/find", wanted); } catch (error) { $("replace-count").textContent = error.message; return; }
  if (mine !== wait) return;
  previewed = rows;
  $("replace-count").textContent = `${rows.length} ${rows.length === 1 ? "cue" : "cues"}${rows.length > 200 ? ", the first 200 shown, all are replaced" : ""}`;
  $("replace-rows").replaceChildren(...rows.slice(0, 200).map((row, n) => el("label", {}, el("input", { type: "checkbox", checked: "", "data-n": String(n) }), el("span", { class: "small dim" }, clock(row.start, false)), el("del", { lang: track.tag, dir: track.dir }, row.before), el("span", { lang: track.tag, dir: track.dir }, row.after))));
}
for (const id of ["replace-find", "replace-put", "replace-case", "replace-words"]) $(id).addEventListener("input", preview);
$("replace-form").addEventListener("submit", () => {
  const off = new Set([...$("replace-rows").querySelectorAll("input:not(:checked)")].map((box) => Number(box.dataset.n)));
  const ids = previewed.filter((_, n) => !off.has(n)).map((row) => row.id);
  $("offer").hidden = true; offer = null;
  if (ids.length) change("replace", { ...search(), ids }, ids, () => fill());
});

async function askEngine() {
  if (!cue()) return;
  if (data.unable) { $("asked").hidden = false; $("asked").textContent = `The engine can't be asked: ${data.unable}.`; return; }
  const said = here.sentence || cue()[WORDS].map((n) => data.spoken.words[n][2]).join(" "), id = chosen;
  ask("Ask the engine again", "The sentence; correct it, if it was misheard", said, async (sentence) => {
    $("asked").hidden = false; $("asked").textContent = "Asking the engine; it is loaded first.";
    try {
      const reply = await call("/ask", { text: sentence });
      if (chosen !== id) return;
      answer = reply.text;
      $("asked").replaceChildren(el("span", { lang: track.tag, dir: track.dir, id: "answer" }, answer), " ", el("button", { type: "button", onclick: () => acts.take() }, "Take it for this cue ", el("kbd", {}, "Alt+Y")));
    } catch (error) { $("asked").textContent = error.message; }
  });
}

function finishing() {
  const all = cues(), open = all.filter((c) => !c[MORE].approved).length;
  const rows = [["Cues", all.length], ["Not approved one by one", open], ["Doubtful and not approved", rank.length], ["Read by you", all.filter((c) => c[MORE].read.includes(named())).length], ["Played by you", all.filter((c) => c[MORE].played.includes(named())).length], ["Open comments", comments.filter((c) => !c.done).length], ["Breaking a reading rule", all.filter((c) => Object.keys(c[MORE].broken).length).length]];
  $("finish-facts").replaceChildren(...rows.flatMap(([k, value]) => [el("dt", {}, k), el("dd", {}, String(value))]));
  $("finish-undo").hidden = !approved;
  $("finish-box").showModal(); $("finish-do").focus();
}
$("finish-form").addEventListener("submit", () => change("approve_track", { on: true }));
$("finish-undo").addEventListener("click", () => { $("finish-box").close(); change("approve_track", { on: false }); });
function finished() { const said = approved ? `✓ Approved by ${approved[0]}` : "Approve the track"; if ($("finish").textContent !== said) $("finish").textContent = said; }

/* ---- comments ---- */
function addComment(id) { const said = $("comment").value.trim(); if (said) { $("comment").value = ""; change("comment", { id: id || "", text: said }); } }
$("add-comment").addEventListener("click", () => addComment(chosen));
$("add-track-comment").addEventListener("click", () => addComment(""));
$("comment").addEventListener("keydown", (event) => { if (event.key === "Enter" && !event.ctrlKey) { event.preventDefault(); addComment(chosen); text.focus(); } });
let shownComments = "";
function showComments() {
  const key = JSON.stringify(comments);
  if (key === shownComments) return;
  shownComments = key;
  $("comments").replaceChildren(...[...comments].reverse().map((c) => {
    const n = at(c.cue);
    return el("li", {}, el("span", { class: "small dim" }, `${c.who}, ${c.at.slice(0, 16).replace("T", " ")}`), " ", c.cue && n >= 0 ? el("button", { type: "button", onclick: () => choose(c.cue, { seek: true }) }, `Cue ${n + 1}`) : el("span", { class: "small dim" }, "the track"), " ", c.text, " ", c.done ? el("span", { class: "good" }, "✓ done") : el("button", { type: "button", onclick: () => change("done", { comment: c.n }) }, "Done"));
  }));
}

/* ---- what is made otherwise now ---- */
async function showUpstream() {
  $("upstream").hidden = !data.upstream;
  if (!data.upstream) { $("stretches").replaceChildren(); return; }
  let rows;
  try { rows = await call("/upstream"); } catch (error) { alarm(error.message); return; }
  const column = (title, some) => el("div", {}, el("h4", {}, title), ...(some.length ? some.map(([a, b, lines]) => el("p", { lang: track.tag, dir: track.dir }, el("span", { class: "small dim", dir: "ltr", lang: "en" }, `${clock(a)} to ${clock(b)}\n`), lines.join("\n"))) : [el("p", { class: "dim small" }, "no cue")]));
  $("stretches").replaceChildren(...rows.map((row) => el("div", { class: "stretch", "data-key": row.key },
    el("div", { class: "side" }, column(row.touched ? "Yours" : "Yours, untouched", row.mine), column("As it was made", row.before), column("As it would be made now", row.now)),
    el("p", { class: "bar" }, el("button", { type: "button", onclick: () => decide([row.key], true) }, "Take the new one"), el("button", { type: "button", onclick: () => decide([row.key], false) }, "Keep yours")))));
  $("take-untouched").onclick = () => decide(rows.filter((row) => !row.touched).map((row) => row.key), true);
  $("keep-all").onclick = () => decide(rows.map((row) => row.key), false);
}
function decide(keys, take) { if (keys.length) change("upstream", { keys, take }, [], () => fill()); }

/* ---- begin ---- */
v.begin(); ranked(); saved(); showComments(); finished(); showUpstream();
const asked = location.hash.match(/^#cue=[A-Za-z0-9-]+\/(\d+)$/);
const first = (asked && cues()[Number(asked[1]) - 1]) || rank[0] || cues()[0];
if (first) choose(first[ID], { seek: true, focus: true }); else fill();
v.view(Math.max(0, state.at - 3000), 12000);
const draft = JSON.parse(localStorage.getItem(draftKey) || "null");
if (draft && at(draft.id) >= 0 && cues()[at(draft.id)][MORE].text !== draft.text.trim()) {
  alarm(`What you typed last was not saved: “${draft.text}”`, ["Put it back", () => { alarm(""); choose(draft.id, { seek: true, focus: true }); text.value = draft.text; text.dispatchEvent(new Event("input")); }]);
} else localStorage.removeItem(draftKey);
fetch(`${api}/peaks`).then((reply) => (reply.ok ? reply.arrayBuffer() : null)).then((bytes) => { if (bytes) { v.sound(new Uint8Array(bytes)); v.draw(); } }).catch(() => {});
document.documentElement.dataset.ready = "yes";
}
if (document.body.dataset.page === "track") desk();
