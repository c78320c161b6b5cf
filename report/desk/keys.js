"use strict";
/* The keys of the desk: what they do, the keys, and the program that has them so. Those in `bare` work outside
of text fields alone. The page of keys is made of this table. */
const KEYS = [
  { act: "doubt", text: "Next doubtful cue, the worst first", keys: ["F8"], bare: ["n"], as: "Subtitle Edit (next error)" },
  { act: "doubtBack", text: "Previous doubtful cue", keys: ["Shift+F8"], bare: ["Shift+N"] },
  { act: "accept", text: "Accept the cue and go to the next doubtful one", keys: ["Ctrl+Enter"], as: "Aegisub (commit)" },
  { act: "next", text: "Next cue", keys: ["Alt+ArrowDown", "Shift+Enter"], bare: ["x"], as: "Subtitle Edit; x: Aegisub" },
  { act: "previous", text: "Previous cue", keys: ["Alt+ArrowUp"], bare: ["z"], as: "Subtitle Edit; z: Aegisub" },
  { act: "write", text: "Go to the text", keys: ["F2"], bare: ["Enter"] },
  { act: "leave", text: "Leave the text, for the keys without Ctrl and Alt", keys: ["Escape"] },
  { act: "play", text: "Play the cue", keys: ["F5"], bare: ["s", "r", " "], as: "F5: Subtitle Edit; s, r: Aegisub" },
  { act: "around", text: "Play around it, from a second before to a second after", keys: ["Shift+F10"], bare: ["a"], as: "Subtitle Edit (from just before)" },
  { act: "before", text: "Play the half second before it", bare: ["q"], as: "Aegisub" },
  { act: "after", text: "Play the half second after it", bare: ["w"], as: "Aegisub" },
  { act: "toEnd", text: "Play from the cue on", bare: ["t"], as: "Aegisub" },
  { act: "toggle", text: "Play or pause", keys: ["Ctrl+p", "Ctrl+ "], as: "Subtitle Edit" },
  { act: "back", text: "Half a second back", keys: ["Alt+ArrowLeft"], as: "Subtitle Edit" },
  { act: "forth", text: "Half a second forth", keys: ["Alt+ArrowRight"], as: "Subtitle Edit" },
  { act: "split", text: "Split at the cursor", keys: ["Ctrl+Alt+V", "Alt+V"], as: "Subtitle Edit" },
  { act: "join", text: "Join with the next", keys: ["Ctrl+Shift+M", "Alt+M"], bare: ["j"], as: "Subtitle Edit" },
  { act: "insert", text: "Insert a cue after this one", keys: ["Alt+Insert", "Alt+N"], bare: ["Insert"], as: "Subtitle Edit" },
  { act: "insertHere", text: "Insert a cue where the film stands", keys: ["Alt+H"], bare: ["i"] },
  { act: "remove", text: "Delete the cue", keys: ["Alt+Delete"], bare: ["Delete", "Ctrl+Delete"], as: "Subtitle Edit; Ctrl+Delete: Aegisub" },
  { act: "inEarlier", text: "In-time a frame earlier", keys: ["Alt+Q"], bare: ["Numpad4"], as: "Numpad: Aegisub" },
  { act: "inLater", text: "In-time a frame later", keys: ["Alt+W"], bare: ["Numpad6"], as: "Numpad: Aegisub" },
  { act: "outEarlier", text: "Out-time a frame earlier", keys: ["Alt+A"], bare: ["Numpad7"], as: "Numpad: Aegisub" },
  { act: "outLater", text: "Out-time a frame later", keys: ["Alt+S"], bare: ["Numpad9"], as: "Numpad: Aegisub" },
  { act: "inHere", text: "In-time where the film stands", keys: ["F11", "Ctrl+3"], as: "F11: Subtitle Edit; Ctrl+3: Aegisub" },
  { act: "outHere", text: "Out-time where the film stands", keys: ["F12", "Ctrl+4"], as: "F12: Subtitle Edit; Ctrl+4: Aegisub" },
  { act: "snap", text: "Snap both times to the nearest word, cut or silence", keys: ["Alt+X"] },
  { act: "italic", text: "Italics", keys: ["Ctrl+i"], as: "both" },
  { act: "undo", text: "Undo, without end", keys: ["Ctrl+z"], as: "both" },
  { act: "redo", text: "Redo", keys: ["Ctrl+y", "Ctrl+Shift+Z"], as: "both" },
  { act: "find", text: "Find in the list", keys: ["Ctrl+f"], as: "both" },
  { act: "findNext", text: "Next occurrence", keys: ["F3"], as: "both" },
  { act: "replace", text: "Find and replace, with a preview", keys: ["Ctrl+h"], as: "both" },
  { act: "everywhere", text: "Correct a name in all its places, when that is offered", keys: ["Alt+R"] },
  { act: "number", text: "Go to a cue by its number", keys: ["Ctrl+g"], as: "both" },
  { act: "ask", text: "Ask the engine for this sentence again", keys: ["Alt+T"] },
  { act: "take", text: "Take the engine's answer", keys: ["Alt+Y"] },
  { act: "approve", text: "Approve the cue, or not any more, and stay", keys: ["Alt+P"] },
  { act: "comment", text: "Comment on the cue", keys: ["Alt+C"] },
  { act: "list", text: "Go to the list", keys: ["Alt+L"] },
  { act: "timeline", text: "Go to the timeline", keys: ["Alt+I"] },
  { act: "finish", text: "Approve the track", keys: ["Alt+Shift+P"] },
  { act: "help", text: "This table", keys: ["F1"], bare: ["?"] },
];
/* A key that was pressed, as the table writes it. With Alt, letters are by their place: a Mac writes signs with it. */
function pressed(event) {
  const ctrl = event.ctrlKey || event.metaKey;
  if (/^Numpad\d$/.test(event.code) && !ctrl && !event.altKey) return event.code;
  let key = event.key;
  if (event.altKey && /^Key[A-Z]$/.test(event.code)) key = event.code.slice(3);
  else if (key.length === 1 && event.shiftKey) key = key.toUpperCase();
  else if (key.length === 1) key = key.toLowerCase();
  const shift = event.shiftKey && (key.length > 1 || /[A-Z]/.test(key));
  return `${ctrl ? "Ctrl+" : ""}${event.altKey ? "Alt+" : ""}${shift ? "Shift+" : ""}${key}`;
}
function keyNamed(key) {
  return key.replace(/ $/, "Space").replace("Arrow", "").replace(/\+([a-z])$/, (_, letter) => `+${letter.toUpperCase()}`);
}
