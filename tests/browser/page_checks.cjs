// Drives the upload page by mouse and keyboard, with and without JavaScript; prints TAP.
// Run by test_page.py: node page_checks.cjs MODULES CHROMIUM ADDRESS FOLDER; FOLDER holds the pictures and may be written to.

const fs = require("fs");
const path = require("path");
const { execFileSync } = require("child_process");
const { check, open, run } = require("./harness.cjs");
const [, , modules, chromium, home, folder] = process.argv;
const axeSource = fs.readFileSync(path.join(modules, "axe-core", "axe.min.js"), "utf8");

const OPERATIONS = ["blur", "sharpen", "edge_detect", "grayscale", "enhance", "rotate", "noise_reduction"];
const file = name => path.join(folder, name);
const openPage = (browser, options) => open(browser, home + "/", home + "/", options);
const operation = (page, name) => page.click(`label[for=op-${name}]`);
const isReady = page => page.waitForSelector("#result:not([hidden])");
const posts = page => page.requests.filter(request => request.startsWith("POST")).length;

// What the service answers to a form, without a browser's page.
async function direct(name, fields) {
    const form = new FormData();
    form.append("image", new Blob([fs.readFileSync(file(name))]), name);
    Object.entries(fields).forEach(([field, value]) => form.append(field, value));
    const reply = await fetch(home + "/process", { method: "POST", body: form });
    return Buffer.from(await reply.arrayBuffer());
}

async function downloaded(page, press) {
    const [download] = await Promise.all([page.waitForEvent("download"), press()]);
    return { name: download.suggestedFilename(), bytes: fs.readFileSync(await download.path()) };
}

// Do something and wait for the result that it brings. ret: the service's response.
async function settled(page, act) {
    await page.$eval("#status", status => { status.textContent = ""; });
    const [response] = await Promise.all([page.waitForResponse(reply => reply.url().endsWith("/process")), act()]);
    await page.waitForFunction(() => /^Done: /.test(document.getElementById("status").textContent));
    return response;
}

const processed = page => settled(page, () => page.click("#process"));

const quiet = (page, what) => check(page.noise.length === 0, `${what}: no console message, no foreign request, no violation ${page.noise.slice(0, 3)}`);

async function checkOperations(browser) {
    const page = await openPage(browser);
    await page.setInputFiles("#image", file("photo.jpg"));
    await page.waitForSelector("#tools:not([hidden])");
    check(posts(page) === 0, "nothing is sent before somebody asks for it");
    check(/^photo\.jpg 96 × 64, /.test(await page.innerText("#name")), "name and size are shown: " + await page.innerText("#name"));
    await page.uncheck("#live");
    for (const name of OPERATIONS) {
        await operation(page, name);
        const visible = await page.$$eval("[data-operation]", all => all.filter(element => element.checkVisibility()).map(element => element.dataset.operation));
        check(visible.join() === name, `${name}: its settings are shown, no others (${visible})`);
        const response = await processed(page);
        const stages = (await response.headerValue("server-timing")).match(/[\d.]+/g).map(Number);
        const shown = await page.$$eval("#timing li b", all => all.map(element => parseFloat(element.textContent)));
        check(shown.length === 4 && shown.every((value, i) => Math.abs(value - stages[i]) < 0.051), `${name}: its times are those of Server-Timing: ${shown}`);
        const got = await downloaded(page, () => page.click("#download"));
        check(got.name === `processed_${name}.jpg`, `${name}: downloads as ${got.name}`);
        check(got.bytes.equals(await direct("photo.jpg", { operation: name, ...(name === "rotate" ? { angle: "15" } : {}) })), `${name}: the bytes are the service's`);
        const both = await page.$$eval("#compare img", all => all.map(picture => [picture.naturalWidth, picture.naturalHeight, picture.alt].join(" ")));
        check(both.length === 2 && both[0] === "96 64 Before: photo.jpg" && /After/.test(both[1]), `${name}: before and after are shown: ${both}`);
        check((await page.$$(".divider")).length === (name === "rotate" ? 0 : 1), `${name}: ${name === "rotate" ? "side by side" : "with a divider"}`);
    }
    quiet(page, "every operation");
    const added = await page.evaluate(() => Object.getOwnPropertyNames(window).filter(name => !window.noise_before.has(name) && name !== "noise_before" && isNaN(name)));
    check(added.length === 0, "no global was added " + added);
    await page.context().close();
}

async function checkSettings(browser) {
    const page = await openPage(browser);
    await page.setInputFiles("#image", file("photo.jpg"));
    await page.waitForSelector("#tools:not([hidden])");
    await page.uncheck("#live");
    const trial = async (fields, name, expected) => {
        for (const [id, value] of Object.entries(fields)) {
            await (id === "format" || id === "method" ? page.selectOption("#" + id, value) : page.fill("#" + id, value));
        }
        const response = await processed(page);
        const got = await downloaded(page, () => page.click("#download"));
        check(response.status() === 200 && got.bytes.equals(await direct("photo.jpg", { operation: name, ...expected })), `${name} with ${JSON.stringify(fields)}: ${got.name}`);
        check(await response.headerValue("x-ignored-fields") === null, `${name}: only fields of the operation were sent`);
    };
    await operation(page, "blur");
    await trial({ radius: "2.25" }, "blur", { radius: "2.25" });
    await trial({ format: "png" }, "blur", { radius: "2.25", format: "png" });
    check(await page.isHidden("#quality"), "PNG has no quality");
    await operation(page, "enhance");
    await trial({ color: "0", contrast: "2", sharpness: "3.5", format: "jpeg", quality: "40" }, "enhance", { color: "0", contrast: "2", sharpness: "3.5", quality: "40" });
    await operation(page, "rotate");
    await trial({ angle: "-90", quality: "85" }, "rotate", { angle: "-90" });
    await trial({ angle: "" }, "rotate", {});
    await operation(page, "noise_reduction");
    await trial({ sigma: "20", strength: "1.5", method: "mean" }, "noise_reduction", { sigma: "20", strength: "1.5", method: "mean" });
    await operation(page, "sharpen");
    await page.locator("[data-operation=sharpen] input[type=range]").evaluate(slider => { slider.value = "2.5"; slider.dispatchEvent(new Event("input", { bubbles: true })); });
    check(await page.inputValue("#amount") === "2.5", "a slider sets its number");
    await page.fill("#amount", "0.5");
    check(await page.locator("[data-operation=sharpen] input[type=range]").inputValue() === "0.5", "a number moves its slider");
    quiet(page, "settings");
    await page.context().close();
}

async function checkLive(browser) {
    const page = await openPage(browser);
    await settled(page, () => page.click("#samples button:has-text('Portrait')"));
    check(posts(page) === 1, "a sample is processed at once");
    check(await page.getAttribute("#samples button:has-text('Portrait')", "aria-pressed") === "true", "the chosen sample is marked");
    await settled(page, () => page.fill("#radius", "12"));
    check(posts(page) === 2 && /radius=12/.test(await page.innerText("#curl")), "a change is followed");
    await page.uncheck("#live");
    await page.fill("#radius", "3");
    check(await page.isVisible(".pair.stale"), "not followed, the result fades");
    await processed(page);
    check(await page.locator(".pair.stale").count() === 0 && posts(page) === 3, "until it is processed");
    await page.click("#again");
    await page.waitForFunction(() => /processed_blur\.jpg/.test(document.getElementById("name").textContent));
    check(await page.isHidden("#result") && await page.locator("#compare img").count() === 1, "a result can be the next input");
    check((await page.$eval("#image", input => input.files[0].name)) === "processed_blur.jpg", "and is what the form holds");
    quiet(page, "changes");
    await page.context().close();
}

async function checkProblems(browser) {
    const page = await openPage(browser);
    await page.click("#process");
    check(await page.innerText("#image-error") === "No image selected" && posts(page) === 0, "without a picture: says so, beside the picture");
    await page.setInputFiles("#image", file("notes.txt"));
    await page.waitForFunction(() => /notes/.test(document.getElementById("image-error").textContent));
    check(/notes\.txt is not a JPEG, PNG, WebP, GIF or BMP image/.test(await page.innerText("#image-error")) && posts(page) === 0, "a text file is not sent: " + await page.innerText("#image-error"));
    await page.setInputFiles("#image", file("empty.jpg"));
    await page.waitForFunction(() => /empty/.test(document.getElementById("image-error").textContent));
    check(await page.innerText("#image-error") === "The image file is empty", "neither is an empty one");
    await page.setInputFiles("#image", file("large.bmp"));
    await page.waitForFunction(() => /large/.test(document.getElementById("image-error").textContent));
    check(/^large\.bmp is .* and this service takes 1\.0 MB$/.test((await page.innerText("#image-error")).replace(/\u202f/g, " ")) && posts(page) === 0, "nor what is too large: " + await page.innerText("#image-error"));
    await page.setInputFiles("#image", file("photo.jpg"));
    await page.waitForSelector("#tools:not([hidden])");
    check(await page.isHidden("#image-error") && await page.getAttribute("#image", "aria-invalid") === null, "a good file clears the error");
    for (const [name, field, bad] of [["blur", "radius", "0"], ["blur", "radius", "100.5"], ["sharpen", "amount", "-1"], ["rotate", "angle", "361"], ["enhance", "contrast", "4.1"],
        ["noise_reduction", "sigma", "101"], ["noise_reduction", "strength", "2.01"], ["grayscale", "quality", "0"], ["grayscale", "quality", "85.5"]]) {
        await operation(page, name);
        const before = await page.inputValue("#" + field);
        await page.fill("#" + field, bad);
        await page.click("#process");
        const sentence = await page.innerText(`#${field}-error`);
        const focused = await page.evaluate(() => document.activeElement.id);
        check(sentence.includes(field + " must be a") && focused === field && await page.getAttribute("#" + field, "aria-invalid") === "true" &&
            await page.getAttribute("#" + field, "aria-describedby") === field + "-error", `${name}, ${field}=${bad}: ${sentence}`);
        await page.fill("#" + field, before);
        check(await page.isHidden(`#${field}-error`) && await page.getAttribute("#" + field, "aria-invalid") === null, `${field}: putting it right clears it`);
    }
    check(posts(page) === 0, "none of these was sent");
    quiet(page, "mistakes seen by the page");
    // Now let the service find the mistakes. The browser notes each failed request in the console; nothing else may be there.
    await operation(page, "blur");
    await page.$eval("#radius", input => { input.removeAttribute("max"); });
    await page.fill("#radius", "500");
    await page.click("#process");
    await page.waitForSelector("#radius-error:not([hidden])");
    check(await page.innerText("#radius-error") === "radius must be a number above 0 and at most 100 pixels" && await page.evaluate(() => document.activeElement.id) === "radius",
        "the service's own sentence beside the field it names: " + await page.innerText("#radius-error"));
    await page.fill("#radius", "5");
    await page.setInputFiles("#image", file("broken.jpg"));
    await page.waitForFunction(() => /broken/.test(document.getElementById("name").textContent));
    await page.click("#process");
    await page.waitForSelector("#image-error:not([hidden])");
    check(/damaged/.test(await page.innerText("#image-error")), "a damaged picture: " + await page.innerText("#image-error"));
    check(await page.isHidden("#progress") && await page.isHidden("#cancel") && await page.isHidden("#result"), "nothing seems to be under way");
    await page.route("**/process", route => route.fulfill({ status: 503, contentType: "application/json", body: '{"error":"The server is busy, try again in a second","code":"overloaded"}\n' }));
    await page.setInputFiles("#image", file("photo.jpg"));
    await page.click("#process");
    await page.waitForSelector("#problem:not([hidden])");
    check(/busy.*overloaded/s.test(await page.innerText("#problem")), "what is nobody's field is said below the picture: " + await page.innerText("#problem"));
    await page.unroute("**/process");
    await page.route("**/process", route => route.fulfill({ status: 502, contentType: "text/html", body: "<h1>Bad Gateway</h1>" }));
    await page.click("#process");
    await page.waitForFunction(() => /502/.test(document.getElementById("problem").textContent));
    check(/502/.test(await page.innerText("#problem")), "an answer that is not the service's: " + await page.innerText("#problem"));
    await page.unroute("**/process");
    await page.route("**/process", route => route.abort());
    await page.click("#process");
    await page.waitForFunction(() => /did not answer/.test(document.getElementById("problem").textContent));
    check(true, "no answer: " + await page.innerText("#problem"));
    await page.unroute("**/process");
    await processed(page);
    check(await page.isHidden("#problem") && await page.isVisible("#result"), "and then it works again");
    const rest = page.noise.filter(noise => !/^console: Failed to load resource: (the server responded with a status of (400|422|503|502)|net::ERR_FAILED)/.test(noise));
    check(rest.length === 0 && page.noise.length === 5, `the console has the browser's own note of five failed requests, no more ${rest}`);
    await page.context().close();
}

async function checkCancel(browser) {
    const page = await openPage(browser);
    await page.setInputFiles("#image", file("photo.jpg"));
    await page.waitForSelector("#tools:not([hidden])");
    let release;
    await page.route("**/process", async route => { await new Promise(resolve => { release = resolve; }); await route.continue().catch(() => {}); });
    for (const how of ["button", "Escape"]) {
        await page.click("#process");
        await page.waitForSelector("#cancel:not([hidden])");
        check(await page.isVisible("#progress-bar") && /Sending|Processing/.test(await page.innerText("#progress-label")), `${how}: progress is shown: ${await page.innerText("#progress-label")}`);
        await (how === "button" ? page.click("#cancel") : page.keyboard.press("Escape"));
        check(await page.innerText("#status") === "Cancelled" && await page.isHidden("#progress") && await page.isHidden("#cancel"), `${how}: cancelled`);
        release();
    }
    await page.unroute("**/process");
    await page.waitForTimeout(200);
    check(await page.isHidden("#result") && await page.isHidden("#problem"), "what was cancelled neither arrives nor complains");
    await processed(page);
    check(await page.isVisible("#result"), "and it can be processed again");
    quiet(page, "cancelling");
    await page.context().close();
}

// A file as a drop or a paste brings it.
async function bring(page, how, name, type) {
    const bytes = [...fs.readFileSync(file(name))];
    await page.evaluate(({ how, name, type, bytes }) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([new Uint8Array(bytes)], name, { type }));
        if (how === "paste") {
            document.dispatchEvent(new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true, cancelable: true }));
            return;
        }
        const fire = kind => document.querySelector("#stage").dispatchEvent(new DragEvent(kind, { dataTransfer: transfer, bubbles: true, cancelable: true }));
        fire("dragover");
        window.was_over = document.documentElement.classList.contains("over");
        window.was_prevented = !fire("drop");
    }, { how, name, type, bytes });
    await page.waitForFunction(name => document.getElementById("name").textContent.startsWith(name), name);
}

async function checkDropAndPaste(browser) {
    const page = await openPage(browser);
    await bring(page, "drop", "photo.jpg", "image/jpeg");
    check(await page.evaluate(() => window.was_over && window.was_prevented && !document.documentElement.classList.contains("over")), "a drop is expected, taken, and over");
    check(await page.$eval("#image", input => input.files[0].name) === "photo.jpg", "the dropped file is in the form");
    await bring(page, "paste", "alpha.png", "image/png");
    check(await page.$eval("#image", input => input.files[0].name) === "alpha.png", "so is the pasted one");
    await page.selectOption("#format", "png");
    await processed(page);
    check((await downloaded(page, () => page.click("#download"))).bytes.equals(await direct("alpha.png", { operation: "blur", format: "png" })), "and it is what is sent");
    await settled(page, () => page.selectOption("#format", "same"));
    check(/processed_blur\.png/.test(await page.innerText("#curl")), "same as a PNG is a PNG");
    quiet(page, "drop and paste");
    await page.context().close();
}

async function checkKeyboard(browser) {
    const page = await openPage(browser);
    const here = () => page.evaluate(() => document.activeElement.id || document.activeElement.textContent.trim());
    const tabTo = async wanted => {
        for (let i = 0; i < 40 && await here() !== wanted; i++) {
            await page.keyboard.press("Tab");
        }
        check(await here() === wanted, `Tab leads to ${wanted}`);
    };
    await page.keyboard.press("Tab");
    check(await here() === "To the picture", "first comes the way past the heading");
    await tabTo("image");
    const outline = await page.$eval("#choose", label => getComputedStyle(label).outlineStyle);
    check(outline === "solid", "the button for the file shows the focus");
    await tabTo("Noisy night");
    await page.keyboard.press("Enter");
    await isReady(page);
    await tabTo("op-blur");
    for (let i = 0; i < 6; i++) {
        await page.keyboard.press("ArrowRight");
    }
    check(await page.isChecked("#op-noise_reduction"), "arrows choose the operation");
    await page.waitForFunction(() => /Done: Denoise/.test(document.getElementById("status").textContent) && !document.querySelector(".stale"));
    check(true, "and the picture follows: " + await page.innerText("#status"));
    await tabTo("strength");
    await page.keyboard.press("Control+A");
    await page.keyboard.type("0.5");
    await page.uncheck("#live");
    await page.focus("#strength");
    check((await settled(page, () => page.keyboard.press("Enter"))).status() === 200, "Enter in a field processes");
    await page.focus(".divider");
    const value = () => page.$eval(".divider", divider => [divider.getAttribute("role"), divider.getAttribute("aria-valuenow"), divider.getAttribute("aria-valuetext")].join());
    check(await value() === "slider,50,50 % before", "the divider is a slider: " + await value());
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("PageUp");
    check(await value() === "slider,62,62 % before", "arrows and pages move it: " + await value());
    await page.keyboard.press("Home");
    check(await value() === "slider,0,0 % before", "Home shows only after");
    await page.keyboard.press("End");
    check(await value() === "slider,100,100 % before", "End only before");
    quiet(page, "by keyboard");
    await page.context().close();
}

async function checkDivider(browser) {
    const page = await openPage(browser);
    await settled(page, () => page.click("#samples button:has-text('Spheres')"));
    const box = await page.locator(".pair").boundingBox();
    const at = () => page.$eval(".divider", divider => Number(divider.getAttribute("aria-valuenow")));
    await page.mouse.move(box.x + box.width * 0.5, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.25, box.y + box.height / 3, { steps: 4 });
    check(await at() === 25, "the mouse drags it: " + await at());
    await page.mouse.move(box.x - 300, box.y);
    check(await at() === 0, "not beyond the picture");
    await page.mouse.up();
    await page.mouse.move(box.x + box.width * 0.75, box.y + box.height / 2);
    check(await at() === 0, "let go, it stays");
    await page.mouse.click(box.x + box.width * 0.75, box.y + box.height / 2);
    check(await at() === 75, "a click calls it");
    await settled(page, () => operation(page, "edge_detect"));
    check(await at() === 75, "it stays where it was when the result changes");
    await page.click("#zoom");
    const width = (await page.locator(".pair").boundingBox()).width;
    check(Math.abs(width - 560) < 1 && await page.getAttribute("#zoom", "aria-pressed") === "true", "actual pixels: " + width);
    await page.click("#zoom");
    check(Math.abs((await page.locator(".pair").boundingBox()).width - box.width) < 2, "and back");
    quiet(page, "the divider");
    await page.context().close();
}

async function checkCommand(browser) {
    const context = { permissions: ["clipboard-read", "clipboard-write"] };
    const page = await openPage(browser, context);
    const name = "it's \"odd\"; a,b $(x) -.png";
    const work = fs.mkdtempSync(file("command-"));
    fs.copyFileSync(file("alpha.png"), path.join(work, name));
    await page.setInputFiles("#image", path.join(work, name));
    await page.waitForSelector("#tools:not([hidden])");
    await operation(page, "enhance");
    await page.fill("#color", "0.25");
    await page.selectOption("#format", "png");
    await processed(page);
    const got = await downloaded(page, () => page.click("#download"));
    const command = await page.innerText("#curl");
    execFileSync("bash", ["-c", command], { cwd: work, stdio: "ignore" });
    check(fs.readFileSync(path.join(work, "processed_enhance.png")).equals(got.bytes), "the command, pasted into a shell, makes the same file: " + command);
    await page.click("#copy");
    await page.waitForFunction(() => document.getElementById("copy").textContent === "Copied");
    check(await page.evaluate(() => navigator.clipboard.readText()) === command, "Copy copies it");
    await settled(page, () => page.click("#samples button:has-text('Facade')"));
    const sample = await page.innerText("#curl");
    const other = fs.mkdtempSync(file("command-"));
    execFileSync("bash", ["-c", sample], { cwd: other, stdio: "ignore" });
    const facade = await downloaded(page, () => page.click("#download"));
    check(fs.readFileSync(path.join(other, facade.name)).equals(facade.bytes), "for a sample it fetches that first: " + sample);
    quiet(page, "the command");
    await page.context().close();
}

async function checkPlain(browser) {
    const page = await openPage(browser, { javaScriptEnabled: false });
    check(await page.isVisible("#image") && await page.isHidden("#live") && await page.isHidden("#command") && await page.isHidden("#sigma"), "without JavaScript: no dead controls");
    for (const name of OPERATIONS) {
        await page.setInputFiles("#image", file("photo.jpg"));
        await operation(page, name);
        const fields = { operation: name };
        if (name === "blur") {
            check(await page.isVisible("#radius") && await page.isHidden("#amount"), "without JavaScript: the settings are the operation's, too");
            await page.fill("#radius", "9");
            fields.radius = "9";
        }
        if (name === "rotate") {
            fields.angle = "15";
        }
        const got = await downloaded(page, () => page.click("#process"));
        check(got.name === `processed_${name}.jpg` && got.bytes.equals(await direct("photo.jpg", fields)), `without JavaScript: ${got.name} comes as a download`);
    }
    await page.setInputFiles("#image", file("notes.txt"));
    await Promise.all([page.waitForNavigation(), page.click("#process")]);
    check(/unsupported_image/.test(await page.content()), "without JavaScript: a bad file is answered in words");
    await page.goBack();
    await operation(page, "blur");
    await page.fill("#radius", "500");
    await page.setInputFiles("#image", file("photo.jpg"));
    await Promise.all([page.waitForNavigation(), page.click("#process")]);
    check(/radius must be a number above 0 and at most 100 pixels/.test(await page.content()), "without JavaScript: so is a number out of range");
    const rest = page.noise.filter(noise => !/^console: Failed to load resource: the server responded with a status of (400|415)/.test(noise));
    check(rest.length === 0, `without JavaScript: quiet ${rest}`);
    await page.context().close();
}

async function axeFinds(page) {
    await page.evaluate(axeSource);
    const found = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
    return found.violations.filter(violation => violation.impact !== "minor")
        .map(violation => `${violation.id} (${violation.nodes.length}): ${violation.nodes[0].target} ${violation.nodes[0].failureSummary}`).join("; ");
}

async function checkForms(browser) {
    for (const [name, options] of [["light", {}], ["dark", { colorScheme: "dark" }], ["narrow", { viewport: { width: 390, height: 800 } }], ["very narrow", { viewport: { width: 320, height: 600 } }]]) {
        const page = await openPage(browser, { reducedMotion: "reduce", ...options });
        const states = {
            "empty": async () => {},
            "result": () => settled(page, () => page.click("#samples button >> nth=0")),
            "side by side": () => settled(page, () => operation(page, "rotate")),
            "denoise": () => settled(page, () => operation(page, "noise_reduction")),
            "field error": async () => { await page.fill("#strength", "9"); await page.click("#process"); await page.waitForSelector("#strength-error:not([hidden])"); },
            "picture error": async () => { await page.setInputFiles("#image", file("notes.txt")); await page.waitForSelector("#image-error:not([hidden])"); },
        };
        for (const [state, reach] of Object.entries(states)) {
            await reach();
            const found = await axeFinds(page);
            check(found === "", `${name}, ${state}: axe finds nothing ${found}`);
            const [content, width] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
            check(content <= width, `${name}, ${state}: no sideways scrolling of the page (${content} in ${width})`);
        }
        quiet(page, name);
        await page.context().close();
    }
    const page = await openPage(browser, { javaScriptEnabled: false, viewport: { width: 390, height: 800 } });
    check(await page.locator("#samples a").count() === 4 && await page.isVisible("#process"), "narrow, without JavaScript: samples are links");
    await page.context().close();
}

run(modules, chromium, [checkOperations, checkSettings, checkLive, checkProblems, checkCancel, checkDropAndPaste, checkKeyboard, checkDivider,
    checkCommand, checkPlain, checkForms]);
