// Draws the charts and makes tables searchable. Data are inline JSON, since file:// allows no fetch; `ast` has Vega
// interpret expressions, since the policy of the pages allows no evaluation.
"use strict";
const ink = "currentColor", grid = "#88888855";
const config = {
  background: null, view: {stroke: grid}, text: {color: ink}, title: {color: ink},
  style: {"guide-label": {fill: ink}, "guide-title": {fill: ink}, "group-title": {fill: ink}},
  axis: {domainColor: ink, tickColor: ink, gridColor: grid}, legend: {orient: "bottom", columns: 4, symbolOpacity: 1},
};
for (const place of document.querySelectorAll(".vega")) {
  const spec = JSON.parse(document.getElementById(place.dataset.spec).textContent);
  vegaEmbed(place, spec, {ast: true, actions: false, renderer: "svg", defaultStyle: false, config})
    .then(made => { place.view = made.view; performance.mark("drawn"); });
}

const tables = document.querySelectorAll("table.search");
for (const table of tables) {
  const heads = [...table.tHead.rows[0].cells];
  const having = name => heads.flatMap((head, place) => (name in head.dataset ? [place] : []));
  new DataTable(table, {
    paging: false, order: [], autoWidth: false, ordering: {indicators: false, handler: false},
    layout: {topStart: "search", topEnd: null, bottomStart: "info", bottomEnd: null},
    language: {search: table.dataset.search, info: "_TOTAL_ rows", infoFiltered: "of _MAX_", infoEmpty: "no row"},
    columnDefs: [
      {targets: having("filter"), columnControl: ["order", ["searchList"]]},
      {targets: having("order"), columnControl: ["order"]},
    ],
  });
}
if (tables.length) {  // DataTables takes its dark colours from a class, the theme from an attribute
  const root = document.documentElement, follow = () => root.classList.toggle("dark", root.dataset.theme === "dark");
  new MutationObserver(follow).observe(root, {attributeFilter: ["data-theme"]});
  follow();
}
