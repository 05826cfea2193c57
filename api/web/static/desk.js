// Der Arbeitsplatz geht ohne dieses Skript nicht verloren, nur langsamer: Tasten, Kopieren, Auswahl
// der Antwort, Lebenszeichen der Reservierung, Ansicht. Kein Inhalt einer Mail wird hier gespeichert.
const root = document.documentElement;
const one = (selector) => document.querySelector(selector);
const all = (selector) => [...document.querySelectorAll(selector)];

/* ---------- Gemerktes: nur Ansicht und Tasten, nie Inhalte ---------- */
const memory = {
  get(name) { try { return localStorage.getItem(name); } catch { return null; } },
  set(name, value) { try { localStorage.setItem(name, value); } catch { /* gesperrt: gilt nur für diese Seite */ } },
};
const session = { // Gilt für diesen Tab und die Seite danach: welche Tat, an welchem Vorgang.
  take(name) { try { const value = sessionStorage.getItem(name); sessionStorage.removeItem(name); return value; } catch { return null; } },
  set(name, value) { try { sessionStorage.setItem(name, value); } catch { /* gesperrt: ohne diese Sekunde */ } },
};
if (memory.get('theme')) root.dataset.theme = memory.get('theme');

const single = one('#single');
if (single) {
  single.checked = memory.get('single') !== 'off';
  single.addEventListener('change', () => memory.set('single', single.checked ? 'on' : 'off'));
}

/* ---------- Meldungen ---------- */
// Erst leeren: derselbe Satz zweimal würde sonst nicht noch einmal vorgelesen. Und hinein in den offenen Dialog:
// Was außerhalb steht, lesen Vorleseprogramme nicht, solange er offen ist. `shown`: auch für die Augen, eine Weile.
let fade = 0;
function say(text, shown = false) {
  const box = one('#say');
  const home = one('dialog[open]') ?? document.body;
  if (box.parentNode !== home) home.append(box);
  box.textContent = '';
  clearTimeout(fade);
  box.classList.toggle('seen', shown);
  if (shown) fade = setTimeout(() => box.classList.remove('seen'), 6000);
  requestAnimationFrame(() => { box.textContent = text; });
}
const reasonOf = (button) => document.getElementById(button.getAttribute('aria-describedby'))?.textContent ?? '';

/* ---------- Klicks ---------- */
function toggleTheme() {
  const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  root.dataset.theme = dark ? 'light' : 'dark';
  memory.set('theme', root.dataset.theme);
}

async function copy(button) {
  try { await navigator.clipboard.writeText(button.dataset.copy); } catch { say('Kopieren ist hier nicht erlaubt.', true); return; }
  say(`${button.dataset.name} kopiert`);
  const ok = button.querySelector('.ok');
  ok.hidden = false;
  setTimeout(() => { ok.hidden = true; }, 1800);
}

function openDialog(button) {
  const dialog = document.getElementById(button.dataset.open);
  if (button.dataset.untick) {
    const box = dialog.querySelector(`[name="concerns"][value="${button.dataset.untick}"]`);
    if (box) box.checked = false;
  }
  dialog.showModal();
}

// Ein genannter Ort wählt die Agentur; begründen und senden muss die Person.
function chooseAgency(button) {
  one('#forward-agency').value = button.dataset.agency;
  one('#forward-reason').focus();
}

// Ein Befund springt in seine Zeile des Textes.
function toLine(button) {
  const box = document.getElementById(button.dataset.into);
  const lines = box.value.split('\n');
  const number = Math.min(Number(button.dataset.line), lines.length);
  const start = lines.slice(0, number - 1).reduce((sum, line) => sum + line.length + 1, 0);
  box.focus();
  box.setSelectionRange(start, start + lines[number - 1].length);
  box.scrollTop = (box.scrollHeight / lines.length) * Math.max(0, number - 4);
}

document.addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (!button) return;
  if (button.getAttribute('aria-disabled') === 'true') { event.preventDefault(); say(reasonOf(button), true); return; }
  if (under && (button.dataset.open || (gone && button.dataset.close !== undefined))) { wait(event); return; }
  if (button.dataset.copy) copy(button);
  if (button.dataset.line) toLine(button);
  if (button.dataset.open) openDialog(button);
  if (button.dataset.agency) chooseAgency(button);
  if (button.dataset.close !== undefined) button.closest('dialog').close();
  if (button.dataset.print !== undefined) print();
  if (button.id === 'theme') toggleTheme();
});

/* ---------- Absenden: erst fragen, dann gehen. Sonst steht statt der Seite ein Fehler des Browsers da, und was jemand schrieb, ist weg ---------- */
const WAIT = 8000; // So lange darf die Antwort dauern; eine Leitung, die nur schweigt, meldet sich nie.
const written = (form) => [...form.elements].some((field) => field.matches('textarea, input[type="text"]') && field.value.trim());
// Was dem Absenden im Weg steht: der Name einer Meldung unter #stay, oder nichts.
async function hindrance(form) {
  const answer = await fetch('/anmelden/gilt', { redirect: 'manual', signal: AbortSignal.timeout(WAIT) }).catch(() => null);
  if (!answer || answer.status >= 500) return 'away';
  if (answer.status === 429) return 'many';
  if (answer.type === 'opaqueredirect') return written(form) && form.dataset.kept === undefined ? 'ended' : '';
  if (!answer.ok) return '';
  const { who, csrf } = await answer.json();
  if (who !== root.dataset.who) return 'other';
  all('input[name="csrf"]').forEach((field) => { field.value = csrf; }); // Nach einer neuen Anmeldung gilt ein neues Zeichen.
  return '';
}
// Eine Tat nach der anderen: Eine zweite bräche die erste ab, und niemand sähe, ob sie gelang oder was ihr fehlte.
const LONG = 20000; // Danach darf man es noch einmal versuchen; der Postlotse tut eine Tat nur einmal.
let under = null; // Das Formular, das gesendet wird,
let gone = false; // und ob es schon unterwegs ist: Bis dahin kann ein geschlossener Dialog es noch aufhalten.
let soon = 0;
let overdue = 0;
function begin(form) {
  under = form;
  form.dataset.sent = 'yes';
  say('Wird gesendet …');
  soon = setTimeout(() => one('#say').classList.add('seen'), 600); // Eine schnelle Leitung soll nicht flackern.
  overdue = setTimeout(() => { end(); say('Das dauert länger als sonst. Kommt nichts, senden Sie es noch einmal ab.', true); }, LONG);
}
function end() {
  clearTimeout(soon);
  clearTimeout(overdue);
  if (under) delete under.dataset.sent;
  under = null;
  gone = false;
}
function wait(event) {
  event.preventDefault();
  say('Einen Moment: Der vorige Schritt wird noch gesendet.', true);
}
document.addEventListener('cancel', (event) => { if (gone) wait(event); }, true);
document.addEventListener('click', (event) => {
  const link = event.target.closest('a[href]');
  if (under && link && !link.target && !link.hasAttribute('download')) wait(event);
});
function stay(form, why) {
  const box = one('#stay');
  if (form.closest('dialog')) form.before(box); else (one('.bar') ?? one('main')).prepend(box);
  box.querySelectorAll('[data-why]').forEach((words) => { words.hidden = words.dataset.why !== why; });
  box.hidden = false;
  box.focus();
}
async function ask(form, button) {
  const why = await hindrance(form).catch(() => ''); // Wer nicht fragen kann, sendet wie ohne dieses Skript.
  if (why) { end(); stay(form, why); return; }
  if (form.closest('dialog')?.open === false) { end(); say('Abgebrochen. Nichts gesendet.', true); return; }
  gone = true;
  form.dataset.sent = 'asked';
  form.requestSubmit(button);
  form.dataset.sent = 'yes';
}
// Ein zweiter Druck auf denselben Knopf soll nichts zweimal auslösen, auch nicht auf der Seite danach:
// Dort steht schon der nächste Vorgang, ungelesen. Eine Sekunde lang gilt da nur „Rückgängig“.
const UNREAD = 1000;
const LAST = 'deed';
function deedOf(form) {
  const [, item, name] = new URL(form.getAttribute('action') ?? '', location).pathname.match(/^\/vorgang\/(\d+)\/([a-z-]+)/) ?? [];
  return name && { item, name };
}
function hastenedBy(deed) {
  const { fresh } = root.dataset;
  return fresh !== undefined && (fresh === 'all' ? deed.name !== 'rueckgaengig' : deed.name === fresh);
}
function arrive() {
  const last = JSON.parse(session.take(LAST));
  if (!last) return;
  root.dataset.fresh = location.pathname.split('/')[2] === last.item ? last.name : 'all';
  setTimeout(() => { delete root.dataset.fresh; }, UNREAD);
}
arrive();
document.addEventListener('submit', (event) => {
  const form = event.target;
  if (form.dataset.sent === 'asked') return;
  if (form.method !== 'post') return;
  if (under) { wait(event); return; }
  const deed = deedOf(form);
  if (deed && hastenedBy(deed)) { event.preventDefault(); say('Nichts ausgeführt: Die Seite ist gerade erst da.', true); return; }
  if (deed) session.set(LAST, JSON.stringify(deed));
  one('#stay').hidden = true;
  begin(form);
  if (!root.dataset.who) return;
  event.preventDefault();
  ask(form, event.submitter);
});
addEventListener('pageshow', end);

/* ---------- Auswahl der Antwort: der gewählte Text ist der gezeigte und der gesendete ---------- */
const send = one('#send');
function choose(radio) {
  all('[data-letter]').forEach((letter) => { letter.hidden = letter.dataset.letter !== radio.value; });
  if (!send || send.dataset.locked !== undefined) return;
  if (radio.dataset.form) {
    send.setAttribute('form', radio.dataset.form);
    send.removeAttribute('aria-disabled');
    send.removeAttribute('aria-describedby');
  } else {
    send.setAttribute('aria-disabled', 'true');
    send.setAttribute('aria-describedby', 'no-answer');
  }
}
all('input[name="choice"]').forEach((radio) => radio.addEventListener('change', () => choose(radio)));
const chosen = one('input[name="choice"]:checked');
if (chosen) choose(chosen);
// Gesendet wird, was man sieht: der zweite Text steht unter dem deutschen oder gar nicht.
function chooseSecond(radio) {
  radio.closest('[data-letter]').querySelectorAll('[data-below]').forEach((below) => { below.hidden = below.dataset.below !== radio.value; });
}
all('input[name="second"]').forEach((radio) => radio.addEventListener('change', () => chooseSecond(radio)));
// Ein neu geladener Browser stellt die Wahl wieder her, ohne es zu sagen.
all('input[name="second"]:checked').forEach(chooseSecond);

/* ---------- Tasten: eine Taste, eine Bedeutung ---------- */
const typing = (target) => target.matches('input:not([type="radio"], [type="checkbox"]), select, textarea');
const visible = (element) => element.getClientRects().length > 0;

function press(element) {
  element.focus();
  if (element.type === 'radio') { element.checked = true; choose(element); } else element.click();
}

// In einem Dialog: Strg ↵ bestätigt; in einer Liste zum Ankreuzen führen Anfangsbuchstaben zur Zeile.
let sought = '';
let forget = 0;
function seek(list, letter) {
  clearTimeout(forget);
  forget = setTimeout(() => { sought = ''; }, 900);
  sought += letter.toLowerCase();
  const hit = [...list.querySelectorAll('label')].find((label) => label.textContent.trim().toLowerCase().startsWith(sought));
  if (hit) hit.querySelector('input').focus(); else sought = '';
}
function inDialog(event, dialog) {
  if (event.ctrlKey && event.key === 'Enter') {
    const button = dialog.querySelector('form .btn.main');
    if (button) { event.preventDefault(); if (!event.repeat) button.click(); }
    return;
  }
  const list = event.target.closest('.checklist');
  if (!list || event.key.length !== 1 || !/\p{L}/u.test(event.key) || (single && !single.checked)) return;
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  event.preventDefault();
  seek(list, event.key);
}

document.addEventListener('keydown', (event) => {
  const dialog = one('dialog[open]');
  if (dialog) { inDialog(event, dialog); return; }
  if (event.ctrlKey && event.key === 'Enter') { if (send) { event.preventDefault(); if (!event.repeat) press(send); } return; }
  if (event.ctrlKey || event.altKey || event.metaKey || event.repeat || typing(event.target)) return;
  const key = event.key.toLowerCase();
  if (key === '?') { event.preventDefault(); one('#keys').showModal(); return; }
  if (single && !single.checked) return;
  const hit = all('[data-key]').find((element) => element.dataset.key === key && visible(element));
  if (hit) { event.preventDefault(); press(hit); }
});

/* ---------- Nach dem Laden: wohin der Blick gehört, und wohin „Zurück“ und Neuladen führen: nie noch einmal in ein Formular ---------- */
if (root.dataset.page) history.replaceState(null, '', root.dataset.page);
one('dialog[data-reopen]')?.showModal();
(one('[aria-invalid="true"]') ?? one('[data-focus]'))?.focus();

/* ---------- Lebenszeichen: solange die Seite offen und sichtbar ist, bleibt der Vorgang reserviert ---------- */
const held = one('[data-lease]');
function filling() {
  return one('.fault') !== null || all('.desk input, .desk textarea').some((field) => field.type !== 'hidden'
    && (field.matches('[type="checkbox"], [type="radio"]') ? field.checked !== field.defaultChecked : field.value !== field.defaultValue));
}
async function renew() {
  if (document.hidden) return;
  const answer = await fetch(held.dataset.lease, { method: 'POST', body: new FormData(held) }).catch(() => null);
  if (answer?.redirected) { // Die Sitzung ist abgelaufen; der nächste Schritt führt zur Anmeldung und zurück.
    clearInterval(beat);
  } else if (answer?.ok) {
    const { until, eakte } = await answer.json();
    one('#until').textContent = until;
    // Die Quittung ist da (oder abgelehnt): neu laden, außer jemand füllt gerade etwas aus; das wäre weg.
    if (eakte === held.dataset.eakte || one('dialog[open]') || under) return;
    const page = held.dataset.lease.replace('/lease', '');
    if (filling()) one('#news').hidden = false;
    else if (location.pathname === page) location.reload();
    else location.replace(page); // Hier steht die Antwort auf eine Tat: neu laden würde sie noch einmal senden.
  } else if (answer?.status === 409) {
    one('#lost').hidden = false;
    one('#lost').focus();
    clearInterval(beat);
  }
}
const beat = held ? setInterval(renew, Number(held.dataset.seconds) * 1000) : 0;

/* ---------- Lage: Zahlen laufen mit, bis jemand anhält (WCAG 2.2.2) ---------- */
const live = one('#live');
const PAUSE = 2000; // So oft höchstens: an einem Montag kommen Ereignisse schneller, als jemand liest.
let line = null;
let ticking = 0;
let planned = 0;
let owed = false;
let doubt = 0;
let heard = 0;
const SILENT = 45000; // Der Postlotse meldet sich alle 15 Sekunden; wer so lange schweigt, ist weg.
const clock = () => new Date().toLocaleTimeString('de-DE');
function stamp(text, lost = false) {
  one('#stand').textContent = text;
  one('#line').classList.toggle('lost', lost);
  one('#line').classList.toggle('bad', lost);
  one('#line').classList.toggle('good', !lost);
}
async function refresh() {
  planned = 0;
  if (line && ticking && Date.now() - heard > SILENT) { lost(); listen(); }
  if (document.hidden || live.contains(document.activeElement)) { owed = true; return; } // Wer darin liest, verliert sonst den Fokus.
  owed = false;
  const answer = await fetch(live.dataset.url, { headers: { Accept: 'text/html' } }).catch(() => null);
  if (!answer?.ok) { lost(); return; }
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const fresh = page.querySelector('#live');
  if (!fresh) { location.reload(); return; }
  live.replaceChildren(...fresh.childNodes);
  one('#stand').dataset.last = page.querySelector('#stand').dataset.last;
  if (!ticking) return;
  if (line && line.readyState !== EventSource.OPEN) { stamp(`läuft nicht mit, ${one('#stand').dataset.last}`, true); return; }
  if (one('#line').classList.contains('lost')) say('Die Zahlen laufen wieder mit.');
  stamp(`läuft mit, ${one('#stand').dataset.last}`);
}
const plan = () => { planned = planned || setTimeout(refresh, PAUSE); };
function lost() {
  if (!ticking || one('#line').classList.contains('lost')) return;
  stamp(`läuft nicht mit seit ${clock()}, ${one('#stand').dataset.last}`, true);
  say('Die Verbindung ist unterbrochen. Die Zahlen laufen nicht mit.');
}
// Der Browser kommt nach einem Abbruch selbst wieder, hinter dem letzten Ereignis; nach einer Absage nicht.
function listen() {
  if (!live.dataset.feed) return;
  line?.close();
  line = new EventSource(live.dataset.feed);
  heard = Date.now();
  line.onopen = () => { clearTimeout(doubt); doubt = 0; if (one('#line').classList.contains('lost')) refresh(); };
  line.onmessage = () => { heard = Date.now(); plan(); };
  line.addEventListener('quiet', () => { heard = Date.now(); });
  line.onerror = () => {
    doubt = doubt || setTimeout(lost, 8000); // Alle fünf Minuten endet eine Leitung mit Absicht; das ist keine Meldung wert.
    if (line.readyState === EventSource.CLOSED) setTimeout(() => ticking && listen(), 10000);
  };
}
function go() { ticking = setInterval(refresh, Number(live.dataset.seconds) * 1000); listen(); }
function halt() { clearInterval(ticking); ticking = 0; clearTimeout(planned); planned = 0; clearTimeout(doubt); doubt = 0; line?.close(); stamp(`angehalten, ${one('#stand').dataset.last}`); }
if (live) {
  go();
  live.addEventListener('focusout', () => setTimeout(() => { if (owed) refresh(); }));
  document.addEventListener('visibilitychange', () => { if (owed) refresh(); });
  addEventListener('pagehide', () => line?.close());
}
one('#pause')?.addEventListener('click', (event) => {
  if (ticking) halt(); else { go(); refresh(); }
  event.target.textContent = ticking ? 'Anhalten' : 'Weiterlaufen lassen';
});
