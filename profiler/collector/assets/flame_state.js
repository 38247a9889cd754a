// The choice of the flame graph in the URL's fragment: as= (style), inverted=, do= (transforms, in order), fold=, of= (the sandwich's function),
// depth=, cut=, colour=, beside=, zoom= (the name of the frame zoomed to). What is as it begins is left out; what is not understood is ignored.

const MOST_STEPS = 50;

function writeFlameState(flame, parameters) {
    const put = (name, value, first) => value !== first && parameters.append(name, String(value));
    put("as", flame.style, "icicle");
    put("inverted", flame.inverted ? 1 : 0, 0);
    flame.steps.forEach(step => put("do", stepText(step), ""));
    put("fold", flame.folds ? 1 : 0, 0);
    put("of", flame.of, "");
    put("depth", flame.depth, null);
    put("cut", flame.cut, 0);
    put("colour", flame.colour, "module");
    put("beside", flame.beside ? 1 : 0, 0);
    put("zoom", flame.wanted, "");
}

function readFlameState(flame, parameters) {
    const text = name => parameters.get(name) || "";
    const number = (name, allowed, otherwise) => allowed.includes(Number(parameters.get(name))) && parameters.has(name) ? Number(parameters.get(name)) : otherwise;
    if (text("zoom") !== flame.wanted) {
        flame.trail = flame.trail.slice(0, -1);
    }
    flame.style = Object.hasOwn(FLAME_STYLES, text("as")) ? text("as") : "icicle";
    flame.inverted = text("inverted") === "1";
    flame.steps = parameters.getAll("do").slice(0, MOST_STEPS).map(step => readStep(step, flame.model)).filter(step => step);
    flame.folds = text("fold") === "1";
    flame.of = flame.model.functions.name.includes(text("of")) ? text("of") : "";
    flame.depth = number("depth", DEPTHS, null);
    flame.cut = number("cut", CUTS.map(cut => cut.part), 0);
    flame.colour = colourKeys(flame).includes(text("colour")) ? text("colour") : "module";
    flame.beside = text("beside") === "1";
    flame.wanted = text("zoom");
}
