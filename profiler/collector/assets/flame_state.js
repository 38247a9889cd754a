// The choice of the flame graph in the URL's fragment: as= (style), inverted=, do= (transforms, in order), fold=, of= (the sandwich's function),
// depth=, cut=, colour=, beside=, zoom= (the name of the frame zoomed to), each after the graph's prefix. What is as it begins is left out; what is not understood is ignored.

const MOST_STEPS = 50;

function writeFlameState(flame, parameters) {
    const put = (name, value, first) => value !== first && parameters.append(flame.prefix + name, String(value));
    put("as", flame.style, "icicle");
    put("inverted", flame.inverted ? 1 : 0, 0);
    flame.steps.forEach(step => put("do", stepText(step), ""));
    put("fold", flame.folds ? 1 : 0, 0);
    put("of", flame.of, "");
    put("depth", flame.depth, null);
    put("cut", flame.cut, 0);
    put("colour", flame.colour, colourKeys(flame)[0]);
    put("beside", flame.beside ? 1 : 0, 0);
    put("zoom", flame.wanted, "");
}

function readFlameState(flame, parameters) {
    const value = name => parameters.get(flame.prefix + name), text = name => value(name) || "";
    const number = (name, allowed, otherwise) => value(name) !== null && allowed.includes(Number(value(name))) ? Number(value(name)) : otherwise;
    if (text("zoom") !== flame.wanted) {
        flame.trail = flame.trail.slice(0, -1);
    }
    flame.style = Object.hasOwn(FLAME_STYLES, text("as")) ? text("as") : "icicle";
    flame.inverted = text("inverted") === "1";
    flame.steps = parameters.getAll(flame.prefix + "do").slice(0, MOST_STEPS).map(step => readStep(step, flame.model)).filter(step => step);
    flame.folds = text("fold") === "1";
    flame.of = flame.model.functions.name.includes(text("of")) ? text("of") : "";
    flame.depth = number("depth", DEPTHS, null);
    flame.cut = number("cut", CUTS.map(cut => cut.part), 0);
    flame.colour = colourKeys(flame).includes(text("colour")) ? text("colour") : colourKeys(flame)[0];
    flame.beside = text("beside") === "1";
    flame.wanted = text("zoom");
}
