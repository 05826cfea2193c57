// Without this script the desk loses nothing but speed: keys, copying, the choice of the answer,
// signs of life of the claim, the view. Nothing of a mail is stored here.
const root = document.documentElement;
const one = (selector) => document.querySelector(selector);
const all = (selector) => [...document.querySelectorAll(selector)];

/* ---------- Remembered: view and keys only, never content ---------- */
const memory = {
  get(name) { try { return localStorage.getItem(name); } catch { return null; } },
  set(name, value) { try { localStorage.setItem(name, value); } catch { /* blocked: holds for this page only */ } },
};
const session = { // For this tab and the page behind it: which deed, at which item.
  take(name) { try { const value = sessionStorage.getItem(name); sessionStorage.removeItem(name); return value; } catch { return null; } },
  set(name, value) { try { sessionStorage.setItem(name, value); } catch { /* blocked: goes without this second */ } },
};
if (memory.get('theme')) root.dataset.theme = memory.get('theme');

const single = one('#single');
if (single) {
  single.checked = memory.get('single') !== 'off';
  single.addEventListener('change', () => memory.set('single', single.checked ? 'on' : 'off'));
}

/* ---------- Messages ---------- */
// Emptied first: the same sentence twice would not be read out again. And moved into the open dialog:
// screen readers don't read what lies outside while it is open. `shown`: for the eyes too, for a while.
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

/* ---------- Clicks ---------- */
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

// A place that is named chooses the agency; to give a reason and to send is the person's.
function chooseAgency(button) {
  one('#forward-agency').value = button.dataset.agency;
  one('#forward-reason').focus();
}

// A finding jumps to its line of the text.
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

/* ---------- Sending: ask first, then go. Else an error of the browser replaces the page, and what somebody wrote is gone ---------- */
const WAIT = 8000; // So long may the answer take; a line that is merely silent never says so.
const written = (form) => [...form.elements].some((field) => field.matches('textarea, input[type="text"]') && field.value.trim());
// What is in the way of sending: the name of a message under #stay, or nothing.
async function hindrance(form) {
  const answer = await fetch('/anmelden/gilt', { redirect: 'manual', signal: AbortSignal.timeout(WAIT) }).catch(() => null);
  if (!answer || answer.status >= 500) return 'away';
  if (answer.status === 429) return 'many';
  if (answer.type === 'opaqueredirect') return written(form) && form.dataset.kept === undefined ? 'ended' : '';
  if (!answer.ok) return '';
  const { who, csrf } = await answer.json();
  if (who !== root.dataset.who) return 'other';
  all('input[name="csrf"]').forEach((field) => { field.value = csrf; }); // After signing in anew another token holds.
  return '';
}
// One deed after the other: a second one would break off the first, and nobody would see whether it worked or what it lacked.
const LONG = 20000; // Then it may be tried again; the house does a deed only once.
let under = null; // The form that is being sent,
let gone = false; // and whether it is on its way: until then a closed dialog can still hold it back.
let soon = 0;
let overdue = 0;
function begin(form) {
  under = form;
  form.dataset.sent = 'yes';
  say('Wird gesendet …');
  soon = setTimeout(() => one('#say').classList.add('seen'), 600); // A fast line shall not flicker.
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
  const why = await hindrance(form).catch(() => null); // Who can't ask sends as without this script.
  if (why) { end(); stay(form, why); return; }
  if (form.closest('dialog')?.open === false) { end(); say('Abgebrochen. Nichts gesendet.', true); return; }
  gone = true;
  if (why !== null && await staysOrGoes(form, button)) return;
  form.dataset.sent = 'asked'; // Refused, or a page to look at: nothing was done, and the browser shows it as it always did.
  form.requestSubmit(button);
  form.dataset.sent = 'yes';
}
// The page stays until the house has answered: where it dies in between, what was written is still there.
const CUT = [502, 503, 504]; // A proxy speaks for a house that is away.
let left = false;
async function staysOrGoes(form, button) {
  const answer = await sent(form, button).catch(() => null);
  if (left) return true; // An earlier try has been answered meanwhile.
  if (!answer || CUT.includes(answer.status)) { end(); stay(form, 'cut'); return true; }
  const onward = answer.headers.get('Postlotse-Onward');
  if (!onward) return false;
  left = true;
  location.assign(onward);
  return true;
}
async function sent(form, button) {
  const body = new FormData(form, button);
  return fetch(button?.hasAttribute('formaction') ? button.formAction : form.getAttribute('action'), {
    method: 'POST',
    body: form.enctype === 'multipart/form-data' ? body : new URLSearchParams(body),
    headers: { 'Postlotse-By-Script': 'yes' },
    redirect: 'manual',
  });
}
// A second press of the same button shall do nothing twice, nor on the page behind it:
// there the next item stands, unread. For a second only "Rückgängig" works there.
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
addEventListener('pageshow', () => { left = false; end(); });

/* ---------- Choice of the answer: the text that is chosen is the one shown and the one sent ---------- */
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
// What is seen is sent: the second text stands below the German one, or not at all.
function chooseSecond(radio) {
  radio.closest('[data-letter]').querySelectorAll('[data-below]').forEach((below) => { below.hidden = below.dataset.below !== radio.value; });
}
all('input[name="second"]').forEach((radio) => radio.addEventListener('change', () => chooseSecond(radio)));
// A browser that loads anew restores the choice without saying so.
all('input[name="second"]:checked').forEach(chooseSecond);

/* ---------- Keys: one key, one meaning ---------- */
const typing = (target) => target.matches('input:not([type="radio"], [type="checkbox"]), select, textarea');
const visible = (element) => element.getClientRects().length > 0;

function press(element) {
  element.focus();
  if (element.type === 'radio') { element.checked = true; choose(element); } else element.click();
}

// In a dialog Ctrl ↵ confirms; in a list of boxes first letters lead to the line.
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

// A key whose button is not there says so: whoever looks at the next mail already believes it was done. With C the old
// number would stay in the clipboard, and go where this one belongs.
const ours = (what, why) => () => `${what}: ${held ? why : 'Sie haben diesen Vorgang nicht in Bearbeitung.'}`;
const WITHOUT = {
  c: () => 'Nichts kopiert: An diesem Vorgang steht keine Kundennummer.',
  e: ours('Nichts übergeben', 'Für die eAkte ist hier jetzt nichts zu tun.'),
  a: ours('Nichts abgeschlossen', 'Das geht hier gerade nicht.'),
  z: () => 'Nichts zurückgenommen: Der letzte Schritt lässt sich nicht zurücknehmen, oder nicht mehr.',
};
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
  else if (one('main.desk') && Object.hasOwn(WITHOUT, key)) say(WITHOUT[key](), true);
  else if (key === 'z' && location.pathname === '/arbeitsplatz') say(WITHOUT.z(), true);
});

/* ---------- After loading: where the eye belongs, and where "back" and reload lead: never into a form once more ---------- */
if (root.dataset.page) history.replaceState(null, '', root.dataset.page);
one('dialog[data-reopen]')?.showModal();
(one('[aria-invalid="true"]') ?? one('[data-focus]'))?.focus();

/* ---------- Signs of life: while the page is open and visible the item stays claimed ---------- */
const held = one('[data-lease]');
function filling() {
  return one('.fault') !== null || all('.desk input, .desk textarea').some((field) => field.type !== 'hidden'
    && (field.matches('[type="checkbox"], [type="radio"]') ? field.checked !== field.defaultChecked : field.value !== field.defaultValue));
}
async function renew() {
  if (document.hidden || gone) return; // A deed on its way may end the claim.
  const answer = await fetch(held.dataset.lease, { method: 'POST', body: new FormData(held) }).catch(() => null);
  if (answer?.redirected) { // The session is over; the next step leads to sign-in and back.
    clearInterval(beat);
  } else if (answer?.ok) {
    const { until, eakte } = await answer.json();
    one('#until').textContent = until;
    // The receipt is here (or a refusal): load anew, unless somebody is filling something in; that would be gone.
    if (eakte === held.dataset.eakte || one('dialog[open]') || under) return;
    const page = held.dataset.lease.replace('/lease', '');
    if (filling()) one('#news').hidden = false;
    else if (location.pathname === page) location.reload();
    else location.replace(page); // Here stands the answer to a deed: loading anew would send it once more.
  } else if (answer?.status === 409 && !gone) {
    one('#lost').hidden = false;
    one('#lost').focus();
    clearInterval(beat);
  }
}
const beat = held ? setInterval(renew, Number(held.dataset.seconds) * 1000) : 0;

/* ---------- Lage: figures run along until somebody stops them (WCAG 2.2.2) ---------- */
const live = one('#live');
const PAUSE = 2000; // At most so often: on a Monday events come faster than anybody reads.
let line = null;
let ticking = 0;
let planned = 0;
let owed = false;
let doubt = 0;
let heard = 0;
const SILENT = 45000; // The house speaks every 15 seconds; who is silent for so long is gone.
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
  if (document.hidden || live.contains(document.activeElement)) { owed = true; return; } // Who reads in it would lose the focus otherwise.
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
// After a cut the browser comes back by itself, behind the last event; after a refusal it does not.
function listen() {
  if (!live.dataset.feed) return;
  line?.close();
  line = new EventSource(live.dataset.feed);
  heard = Date.now();
  line.onopen = () => { clearTimeout(doubt); doubt = 0; if (one('#line').classList.contains('lost')) refresh(); };
  line.onmessage = () => { heard = Date.now(); plan(); };
  line.addEventListener('quiet', () => { heard = Date.now(); });
  line.onerror = () => {
    doubt = doubt || setTimeout(lost, 8000); // Every five minutes a line ends on purpose; that is no news.
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
