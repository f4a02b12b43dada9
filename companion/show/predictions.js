// The bar that a learner drags. All text is set with textContent, never as HTML.
const NS = "http://www.w3.org/2000/svg";

function svg(name, attributes, parent, text) {
  const node = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  if (parent) parent.appendChild(node);
  return node;
}

function html(name, className, parent, text) {
  const node = document.createElement(name);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  if (parent) parent.appendChild(node);
  return node;
}

// At most two lines, broken where they come out most even.
function twoLines(label) {
  const words = label.split(" ");
  if (label.length <= 14 || words.length < 2) return [label];
  const cuts = words.slice(1).map((_, i) => [words.slice(0, i + 1).join(" "), words.slice(i + 1).join(" ")]);
  const longest = (cut) => Math.max(cut[0].length, cut[1].length);
  return cuts.reduce((best, cut) => (longest(cut) < longest(best) ? cut : best));
}

function render({ model, el }) {
  const spec = model.get("spec");
  const { plot, colours, bar } = spec;
  const say = (v) => `${Math.round(v * 10) / 10} ${spec.unit}`.trim();
  const span = spec.high - spec.low;
  const clamp = (v) => Math.min(spec.high, Math.max(spec.low, Math.round(v / spec.step) * spec.step));
  const y = (v) => plot.bottom - ((clamp(v) - spec.low) / span) * (plot.bottom - plot.top);

  el.classList.add("companion-predict");
  // JupyterLab would take plain keys, such as the arrows, for moving between cells; Shift+Enter stays its own.
  el.setAttribute("data-lm-suppress-shortcuts", "true");
  el.addEventListener("keydown", (event) => {
    if (!event.ctrlKey && !event.metaKey && !event.altKey && !(event.shiftKey && event.key === "Enter")) event.stopPropagation();
  });
  html("p", "question", el, spec.question);
  const row = html("div", "split", el);
  const chart = svg("svg", { viewBox: `0 0 ${plot.width} ${plot.height}`, class: "chart" }, row);
  const side = html("div", "side", row);

  svg("text", { x: 16, y: 24, class: "title" }, chart, spec.title);
  svg("text", { x: 16, y: 42, class: "fine" }, chart, spec.y_label);
  spec.ticks.forEach((tick, i) => {
    const at = y(tick);
    svg("line", { x1: plot.left, x2: plot.right, y1: at, y2: at, class: i ? "grid" : "axis" }, chart);
    svg("text", { x: plot.left - 8, y: at + 4, class: "fine tick" }, chart, String(tick));
  });
  const label = (x, text) => twoLines(text).forEach((line, i) =>
    svg("text", { x, y: plot.bottom + 20 + 16 * i, class: "under" }, chart, line));
  for (const known of spec.known) {
    label(known.x, known.label);
    if (known.value === null) {
      svg("text", { x: known.x, y: plot.bottom - 14, class: "under fine" }, chart, "not measured yet");
      continue;
    }
    const top = y(known.value);
    svg("rect", { x: known.x - bar / 2, y: top, width: bar, height: plot.bottom - top, rx: 3, fill: colours.baseline }, chart);
    svg("text", { x: known.x, y: top - 7, class: "under number" }, chart, say(known.value));
  }
  label(spec.x, spec.label);

  // The ghost: a bar with a handle, and over it an invisible strip that catches mouse and finger.
  const ghost = svg("g", {
    class: "ghost", role: "slider", tabindex: 0, "aria-label": `Your prediction: ${spec.label}`,
    "aria-valuemin": spec.low, "aria-valuemax": spec.high, "aria-orientation": "vertical",
  }, chart);
  svg("rect", { x: spec.x - 60, y: plot.top - 22, width: 120, height: plot.bottom - plot.top + 26, rx: 8, class: "ring" }, ghost);
  const body = svg("rect", { x: spec.x - bar / 2, width: bar, rx: 3, class: "body" }, ghost);
  const grip = svg("g", { class: "grip" }, ghost);
  svg("rect", { x: spec.x - 26, y: -8, width: 52, height: 16, rx: 8 }, grip);
  for (const dy of [-2.5, 2.5]) svg("line", { x1: spec.x - 10, x2: spec.x + 10, y1: dy, y2: dy }, grip);
  const number = svg("text", { x: spec.x, class: "under number" }, ghost);
  const strip = svg("rect", { x: spec.x - 60, y: plot.top - 22, width: 120, height: plot.bottom - plot.top + 40, class: "strip" }, ghost);

  html("p", "how", side, "Drag the bar, or use the arrow keys.");
  const choices = html("fieldset", "choices", side);
  html("legend", "", choices, "How sure are you?");
  const group = `sure-${Math.random().toString(36).slice(2)}`;
  const radios = spec.confidences.map((name) => {
    const line = html("label", "", choices);
    const input = html("input", "", line);
    Object.assign(input, { type: "radio", name: group, value: name });
    html("span", "", line, name);
    input.addEventListener("change", () => { model.set("confidence", name); model.save_changes(); });
    return input;
  });
  const button = html("button", "lock", side, "Lock my prediction");
  const message = html("p", "message", side);
  message.setAttribute("role", "status");

  function paint() {
    const value = model.get("value"), locked = model.get("locked"), top = y(value);
    body.setAttribute("y", top);
    body.setAttribute("height", Math.max(0, plot.bottom - top));
    grip.setAttribute("transform", `translate(0 ${top})`);
    number.setAttribute("y", top - 15);
    number.textContent = say(value);
    ghost.setAttribute("aria-valuenow", value);
    ghost.setAttribute("aria-valuetext", say(value));
    ghost.setAttribute("aria-disabled", locked);
    el.classList.toggle("locked", locked);
    button.disabled = locked;
    button.textContent = locked ? "Locked" : "Lock my prediction";
    radios.forEach((r) => { r.checked = r.value === model.get("confidence"); r.disabled = locked; });
    message.textContent = model.get("message");
  }

  function move(value) {
    if (model.get("locked")) return;
    model.set("value", clamp(value));
    model.save_changes();
  }

  const keys = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1, PageUp: 10, PageDown: -10 };
  ghost.addEventListener("keydown", (event) => {
    if (event.key in keys) move(model.get("value") + keys[event.key] * spec.step);
    else if (event.key === "Home") move(spec.low);
    else if (event.key === "End") move(spec.high);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });

  function follow(event) {
    const box = chart.getBoundingClientRect();
    const at = ((event.clientY - box.top) / box.height) * plot.height;
    move(spec.low + ((plot.bottom - at) / (plot.bottom - plot.top)) * span);
  }
  strip.addEventListener("pointerdown", (event) => {
    if (model.get("locked")) return;
    strip.setPointerCapture(event.pointerId);
    ghost.focus({ preventScroll: true });
    follow(event);
    event.preventDefault();
  });
  strip.addEventListener("pointermove", (event) => {
    if (strip.hasPointerCapture(event.pointerId)) follow(event);
  });

  button.addEventListener("click", () => { model.set("locked", true); model.save_changes(); });
  for (const name of ["value", "confidence", "locked", "message"]) model.on(`change:${name}`, paint);
  paint();
}

export default { render };
