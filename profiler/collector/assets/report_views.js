// The views of the report and the tab bar that switches between them.
//
// A view is a file view_NAME.js that calls registerView() once:
//
//   registerView({
//       name: "functions",            // in the fragment: view=functions; the element is #view-functions
//       title: "Functions",           // the tab's text
//       key: "4",                     // a key that switches to it; see TABS for the order of tabs
//       keys: [["e", "what it does"]], // optional: more lines for the list of keys (`?`)
//       sections: ["functions"],      // optional: ids of sections of the static page that move into this view
//       available: model => true,     // optional: whether this profile has anything for it; without, there is no tab
//       show: (view, element) => {},  // draw it into `element`, which is on the screen
//       follow: (view, element) => {},// optional: Back or a link led here, perhaps with other own parameters; default: show
//       write: (view, parameters) => {}, // optional: own parameters into the fragment (URLSearchParams); default values are left out
//       read: (view, parameters) => {},  // optional: and back. Anything may stand in a link: check it
//       actions: view => ({ x: () => {} }), // optional: what keys do while this view is shown
//       find: (view, step) => {},     // optional: `n` and `N` while this view is shown, step 1 or -1; default: next hot line
//       said: view => text,           // optional: how much the search finds in this view; default: functions, lines, files
//   });
//
// show() is called when the view is opened and what it shows is out of date: another selection, metric or search. It reads
//   view.model      the whole profile (data.js)            view.selection  what is selected (selection.js)
//   view.sum        summarize(model, selection): tables    view.whole      the same of everything
//   view.waits      blocked time beside CPU time, or null  view.query      the search; view.matches(text...) tells
// and never changes them: changeSelection(view, selection => ...) does; openView(view, name) switches; after a change of a view's own
// parameters publish(view) makes a step that Back undoes. Elements come from make() (dom.js); no text becomes markup.

const TABS = ["overview", "source", "flame", "functions", "tree", "timeline", "requests", "tags", "compare", "waits", "about"];
const VIEWS = [];

function registerView(definition) {
    VIEWS.push({ drawn: 0, element: null, tab: null, scroll: 0, ...definition });
}

function viewNamed(name) {
    return VIEWS.find(one => one.name === name && one.element);
}

// The static sections move into their views; the list of sections becomes the tab bar.
function makeViews(view) {
    VIEWS.sort((a, b) => TABS.indexOf(a.name) - TABS.indexOf(b.name));
    const bar = byId("sections"), main = document.querySelector("main");
    bar.replaceChildren();
    bar.id = "tabs";
    bar.setAttribute("aria-label", "Views");
    for (const one of VIEWS.filter(known => !known.available || known.available(view.model))) {
        one.element = make("div", { class: "view", id: "view-" + one.name, "data-view": one.name });
        one.element.append(...(one.sections || []).map(byId).filter(section => section));
        one.tab = make("a", { href: "#view=" + one.name, "aria-keyshortcuts": one.key, title: "key " + one.key, "data-title": one.title, "data-view": one.name, onclick: event => onTab(view, event, one.name) }, one.title);
        main.append(one.element);
        bar.append(one.tab);
    }
    viewNamed(TABS[0]).element.before(viewNamed(firstView(view.model)).element); // on paper, what it opens with stands first
    matchMedia("print").addEventListener("change", event => event.matches && drawForPaper(view));
}

function onTab(view, event, name) {
    if (event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
        event.preventDefault();
        event.stopPropagation();
        openView(view, name);
    }
}

// By the reader's wish: a step that Back undoes.
function openView(view, name) {
    if (view.current !== name) {
        switchTo(view, name);
        publish(view);
    }
    showCurrent(view);
}

function switchTo(view, name) {
    const before = viewNamed(view.current), now = viewNamed(name);
    if (before && before !== now) {
        before.scroll = scrollY;
    }
    view.current = name;
    for (const one of VIEWS.filter(known => known.element)) {
        one.element.classList.toggle("current", one === now);
        one.tab.toggleAttribute("aria-current", false);
    }
    now.tab.setAttribute("aria-current", "page");
    showFilterOpen(view);
    if (before && before !== now) {
        scrollTo(0, now.scroll);
    }
}

// followed: Back or a link led here.
function showCurrent(view, followed) {
    const now = viewNamed(view.current);
    const stale = now.drawn !== view.version;
    if (stale) {
        now.drawn = view.version;
        now.show(view, now.element);
    }
    if (followed && (now.follow || !stale)) {
        (now.follow || now.show)(view, now.element);
    }
}

// On paper all views that the static page has stand one below the other.
function drawForPaper(view) {
    for (const one of VIEWS.filter(known => known.element && known.sections && known.drawn !== view.version)) {
        one.drawn = view.version;
        one.show(view, one.element);
    }
}

// Each tab is a link to the same state in its view: it can be copied, or opened beside this one.
function refreshTabs(view) {
    for (const one of VIEWS.filter(known => known.tab)) {
        one.tab.href = stateHash(view, one.name) || "#";
    }
}
