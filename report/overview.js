"use strict";
(() => {
  const table = document.getElementById("films"), heads = [...table.tHead.rows[0].cells];
  const value = (row, n) => row.cells[n].dataset.value ?? row.cells[n].textContent;
  heads.forEach((head, n) => head.firstElementChild.addEventListener("click", () => {
    const down = head.getAttribute("aria-sort") === "ascending";
    heads.forEach((h) => h.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const rows = [...table.tBodies[0].rows].sort((a, b) => {
      const [x, y] = [value(a, n), value(b, n)];
      const order = x !== "" && y !== "" && !isNaN(x) && !isNaN(y) ? x - y : x.localeCompare(y);
      return down ? -order : order;
    });
    table.tBodies[0].append(...rows);
  }));
  document.documentElement.dataset.ready = "yes";
})();
