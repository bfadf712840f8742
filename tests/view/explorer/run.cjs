// The page's own engine, without the page: node run.cjs explorer.js job.json writes what it computed.
const fs = require("fs");
const vm = require("vm");

const [script, job] = process.argv.slice(2).map((path) => fs.readFileSync(path, "utf8"));
vm.runInThisContext(script);
const engine = globalThis.rasplabExplorer;
const { documents, inputs, edits } = JSON.parse(job);
const list = (array) => Array.from(array);
const bySite = (kept) => Object.fromEntries([...kept].map(([site, x]) => [site, list(x)]));

const results = documents.map((text, i) => {
  const document = engine.readDocument(text);
  const model = engine.prepare(document);
  return inputs[i].map((ids) => {
    const changes = (edits[i] || []).map((edit) => ({ ...edit, row: Float64Array.from(edit.row) }));
    const run = engine.forward(model, ids, changes);
    const places = document.circuit.variables.filter((place) => place.name !== "bos");
    return {
      residual: bySite(run.residual),
      lanes: bySite(run.lanes),
      scales: bySite(run.scales),
      patterns: run.heads.map((layer) => layer.map((head) => list(head.pattern))),
      hidden: run.hidden.map(list),
      logits: list(run.logits),
      outputs: engine.outputs(document, run),
      readings: Object.fromEntries(
        places.map((place) => [place.name, engine.readVariable(document, run, place)]),
      ),
    };
  });
});
process.stdout.write(JSON.stringify(results));
