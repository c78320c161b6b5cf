"use strict";
(() => {
const data = JSON.parse(document.getElementById("data").textContent);
const { $, el, code, state, cues, load, seek, choose, thread, begin } = viewer(data);
const START = 0;

if (data.preview) load(data.preview, data.offset, "sound");
$("file").addEventListener("change", (event) => {
  const file = event.target.files[0];
  if (file) { load(URL.createObjectURL(file), 0, "film"); $("heard").textContent = file.name; }
});

/* ---- tracks ---- */
data.tracks.forEach((t, n) => {
  const input = el("input", { type: "radio", name: "track", value: t.code, id: `track-${t.code}` });
  input.checked = n === 0;
  input.addEventListener("change", () => choose(n));
  $("tracks").append(el("label", {}, input, el("span", { lang: t.tag }, t.name)));
});
$("tracks").append(el("label", {}, el("input", { type: "radio", name: "track", value: "", id: "track-none", onchange: () => choose(-1) }), el("span", {}, "none")));

/* ---- the track to take along, as the stage writes it ---- */
const JOINER = "\u2060", LOOK = 11;
const stamp = (ms, mark) => [Math.floor(ms / 3600000), Math.floor(ms / 60000) % 60, Math.floor(ms / 1000) % 60].map((n) => String(n).padStart(2, "0")).join(":") + mark + String(ms % 1000).padStart(3, "0");
const number = (text) => (/^\d+$/.test(text) ? text + JOINER : text);
const FORMS = {
  srt: {
    head: "", mark: ",",
    escape: (text) => number(text.replaceAll("-->", `--${JOINER}>`)).replace(/[<{\\]/g, (sign) => sign + JOINER),
    placed: (line, place) => (place === 2 ? line : `{\\an${place}}${line}`),
    settings: () => "",
  },
  vtt: {
    head: "WEBVTT\n\n", mark: ".",
    escape: (text) => number(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll("\\", `\\${JOINER}`),
    placed: (line) => line,
    settings: (place) => {
      const row = Math.floor((place - 1) / 3), column = (place - 1) % 3;
      return ` line:${["92%,end", "50%,center", "8%,start"][row]} position:${["5%,line-left", "50%", "95%,line-right"][column]} size:90% align:${["start", "center", "end"][column]}`;
    },
  },
};
const unescaped = (text) => text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
function fileOf(track, form) {
  const cue = (c, n) => {
    const [italic, place, marked] = c[LOOK] || [false, 2, []];
    let lines = c[2].map(form.escape);
    if (marked.length) lines = marked.map((line) => line.split(/(<\/?[biu]>)/).map((part, i) => (i % 2 ? part : part && form.escape(unescaped(part)))).join(""));
    else if (italic) lines = lines.map((line) => `<i>${line}</i>`);
    if (track.dir === "rtl") lines = lines.map((line) => `\u202b${line}\u202c`);
    if (lines.length) lines[0] = form.placed(lines[0], place);
    return `${n + 1}\n${stamp(c[0], form.mark)} --> ${stamp(c[1], form.mark)}${form.settings(place)}\n${lines.join("\n")}\n\n`;
  };
  return form.head + track.cues.map(cue).join("");
}
for (const [kind, form] of Object.entries(FORMS)) {
  $("tracks").append(el("button", {
    type: "button", id: `take-${kind}`, onclick: () => {
      const track = data.tracks[Math.max(0, state.track)];
      if (!track) return;
      const link = el("a", { download: `${data.job}.${track.code}.${kind}`, href: URL.createObjectURL(new Blob([fileOf(track, form)], { type: "text/plain" })) });
      link.click();
    },
  }, `Save as .${kind}`));
}

/* ---- manifests and logs, put in when asked for ---- */
for (const paper of document.querySelectorAll("details[data-stage]")) {
  paper.addEventListener("toggle", () => {
    if (!paper.open || paper.dataset.filled) return;
    paper.dataset.filled = "yes";
    const key = paper.dataset.stage, s = data.stages[key];
    for (const [name, text] of [["manifest.json", s.manifest], ["stage.log", s.log]]) {
      const link = el("a", { href: "#", download: `${data.job}-${key.replace("/", "-")}-${name}` }, `Download ${name}`);
      link.addEventListener("click", () => { link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" })); });
      paper.append(el("p", { class: "small" }, link, name === "manifest.json" ? el("span", { class: "dim" }, " sha256 ", code(s.sha256)) : null), el("pre", { tabindex: "0", "aria-label": `${key}: ${name}` }, text));
    }
  });
}

/* ---- begin ---- */
begin();
function address() {
  const moment = location.hash.match(/^#at=(\d+)$/);
  if (moment) { seek(Number(moment[1])); $("watch").scrollIntoView(); return; }
  const found = location.hash.match(/^#cue=([A-Za-z0-9-]+)\/(\d+)$/);
  if (!found) return;
  const n = data.tracks.findIndex((t) => t.code === found[1]), k = Number(found[2]) - 1;
  if (n < 0 || !data.tracks[n].cues[k]) return;
  if (state.track !== n) { $(`track-${found[1]}`).checked = true; choose(n); }
  seek(data.tracks[n].cues[k][START]); thread(n, k);
  $("thread-title").scrollIntoView({ block: "center" });
}
window.addEventListener("hashchange", address);
address();
document.documentElement.dataset.ready = "yes";
})();
