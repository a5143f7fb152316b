// Draws the charts and makes tables searchable. Data are inline JSON, since file:// allows no fetch; `ast` has Vega
// interpret expressions, since the policy of the pages allows no evaluation.
"use strict";
for (const place of document.querySelectorAll(".vega")) {
  const spec = JSON.parse(document.getElementById(place.dataset.spec).textContent);
  vegaEmbed(place, spec, {ast: true, actions: false, renderer: "svg", defaultStyle: false}).then(made => {
    const view = place.view = made.view;
    for (const [moved, {name, value}] of Object.entries(spec.usermeta ?? {}))  // a control that sets another one
      view.addSignalListener(moved, () => { if (view.signal(name) !== value) view.signal(name, value).runAsync(); });
    performance.mark("drawn");
  });
}

// On a narrow page each cell stands below the other, with the name of its column.
for (const table of document.querySelectorAll(".pst-scrollable-table-container table")) {
  const heads = [...table.querySelectorAll("thead th")].map(head => head.textContent);
  for (const row of table.tBodies[0].rows)
    [...row.cells].forEach((cell, place) => { if (cell.textContent.trim()) cell.dataset.head = heads[place]; });
}

const tables = document.querySelectorAll("table.search");
for (const table of tables) {
  const heads = [...table.tHead.rows[0].cells];
  const having = name => heads.flatMap((head, place) => (name in head.dataset ? [place] : []));
  const found = new DataTable(table, {
    paging: false, order: [], autoWidth: false, ordering: {indicators: false, handler: false},
    layout: {topStart: "search", topEnd: null, bottomStart: "info", bottomEnd: null},
    language: {
      search: table.dataset.search, zeroRecords: table.dataset.nothing,
      info: "_TOTAL_ rows", infoFiltered: "of _MAX_", infoEmpty: "no row",
    },
    columnDefs: [
      {targets: having("filter"), columnControl: ["order", ["searchList"]]},
      {targets: having("order"), columnControl: ["order"]},
    ],
  });
  if (table.dataset.nothing) leading(table, found);
}

// A table that leads to other pages: where nothing has all words that are typed, every row is shown below the line that
// says so, those with most of the words first; Enter follows the link of the only row that is left.
function leading(table, found) {
  found.on("draw", () => {
    if (found.rows({search: "applied"}).any()) return;
    const words = found.search().toLowerCase().split(/\s+/).filter(Boolean);
    const has = row => {
      const text = [...row.cells].map(cell => cell.dataset.search ?? cell.textContent).join(" ").toLowerCase();
      return words.filter(word => text.includes(word)).length;
    };
    table.tBodies[0].append(...found.rows().nodes().toArray().sort((a, b) => has(b) - has(a)));
  });
  found.table().container().querySelector("input").addEventListener("keydown", event => {
    const left = found.rows({search: "applied"}).nodes();
    if (event.key === "Enter" && left.length === 1) left[0].querySelector("a").click();
  });
}

if (tables.length) {  // DataTables takes its dark colours from a class, the theme from an attribute
  const root = document.documentElement, follow = () => root.classList.toggle("dark", root.dataset.theme === "dark");
  new MutationObserver(follow).observe(root, {attributeFilter: ["data-theme"]});
  follow();
}
