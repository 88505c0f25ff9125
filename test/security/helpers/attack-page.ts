// A page of a plugin that tries to act as the administrator who looks at it. Each attempt says what came of it.
// What a script can do at all is "done: …"; what the browser or the server refuses is "refused: …".

/** The script of the page; `globalThis.results` has all results when the title is "done". */
export const ATTACK_SCRIPT = `
const { port } = location
const shell = new URLSearchParams(location.search).get('shell') ?? 'http://127.0.0.1:' + port
const refused = (error) => 'refused: ' + (error?.name ?? error)
const limit = (promise) => Promise.race([promise, new Promise((resolve) => setTimeout(() => resolve('refused: silence'), 4000))])
const text = async (response) => response.type === 'opaque' ? 'refused: opaque' : 'done: ' + response.status + ' ' + (await response.text())
const ask = (path, init) => fetch(shell + path, { credentials: 'include', ...init }).then(text)
const loads = (name, attributes) => new Promise((resolve) => {
  const element = document.createElement(name)
  element.onload = () => resolve('done: loaded')
  element.onerror = () => resolve('refused: error')
  Object.assign(element, attributes)
  document.body.append(element)
})
const reads = (url, attributes = {}) => new Promise((resolve) => {
  const frame = document.createElement('iframe')
  Object.assign(frame, attributes)
  frame.onload = () => { try { resolve('done: ' + frame.contentWindow.document.body.textContent) } catch (error) { resolve(refused(error)) } }
  if (url !== undefined) frame.src = url
  document.body.append(frame)
})
const json = JSON.stringify({ name: 'stolen', permissions: ['*'] })
const formData = () => { const form = new FormData(); form.set('package', new Blob(['x']), 'x.zip'); return form }
const attempts = {
  'list plugins': () => ask('/api/v1/plugins'),
  'list plugins, same path': () => fetch('/api/v1/plugins', { credentials: 'include' }).then(text),
  'list plugins, own mount': () => fetch('../../api/v1/plugins', { credentials: 'include' }).then(text),
  'session': () => ask('/api/v1/session'),
  'upload': () => ask('/api/v1/plugins', { method: 'POST', body: formData() }),
  'upload without CORS': () => ask('/api/v1/plugins', { method: 'POST', mode: 'no-cors', body: formData() }),
  'token': () => ask('/api/v1/tokens', { method: 'POST', headers: { 'content-type': 'application/json' }, body: json }),
  'token as text': () => ask('/api/v1/tokens', { method: 'POST', mode: 'no-cors', headers: { 'content-type': 'text/plain' }, body: json }),
  'sign out': () => ask('/api/v1/session', { method: 'DELETE' }),
  'XMLHttpRequest': () => new Promise((resolve) => {
    const request = new XMLHttpRequest()
    request.onload = () => resolve('done: ' + request.responseText)
    request.onerror = () => resolve('refused: error')
    request.open('GET', shell + '/api/v1/plugins')
    request.withCredentials = true
    request.send()
  }),
  'beacon': () => { navigator.sendBeacon(shell + '/api/v1/tokens', new Blob([json], { type: 'text/plain' })); return 'sent: blind' },
  'keepalive': () => ask('/api/v1/tokens', { method: 'POST', keepalive: true, mode: 'no-cors', body: json }),
  'form': () => new Promise((resolve) => {
    document.addEventListener('securitypolicyviolation', (event) => { if (event.effectiveDirective === 'form-action') resolve('refused: form-action') })
    const frame = document.createElement('iframe')
    frame.name = 'target'
    document.body.append(frame)
    const form = document.createElement('form')
    Object.assign(form, { action: shell + '/api/v1/tokens', method: 'post', enctype: 'text/plain', target: 'target' })
    form.innerHTML = '<input name=\\'' + json.slice(0, -1) + ',"x":"\\' value=\\'"}\\'>'
    document.body.append(form)
    form.submit()
  }),
  'image': () => loads('img', { src: shell + '/api/v1/plugins' }),
  'script': () => loads('script', { src: shell + '/api/v1/plugins' }),
  'style': () => loads('link', { rel: 'stylesheet', href: shell + '/api/v1/plugins' }),
  'admin page in a frame': () => reads(shell + '/admin/'),
  'admin page in a srcdoc': () => reads(undefined, { srcdoc: '<script>parent.postMessage("x", "*")</' + 'script><iframe src="' + shell + '/admin/"></iframe>' }).then(() => 'sent: blind'),
  'object': () => loads('object', { data: shell + '/admin/' }),
  'admin page in a window': () => { const opened = open(shell + '/admin/'); if (opened === null) return 'refused: null'; return new Promise((resolve) => setTimeout(() => { try { resolve('done: ' + opened.document.title + opened.localStorage.getItem('admin')) } catch (error) { resolve(refused(error)) } finally { opened.close() } }, 1500)) },
  'opener': () => { if (opener === null) return 'refused: null'; return 'done: ' + opener.document.title },
  'opener storage': () => { if (opener === null) return 'refused: null'; return 'done: ' + opener.localStorage.getItem('admin') },
  'top': () => (top === self ? 'refused: top is self' : 'done: ' + top.document.title),
  'service worker at /': () => navigator.serviceWorker.register(shell + '/plugins/evil/sw.js', { scope: '/' }).then(() => 'done: registered'),
  'service worker of the shell': () => navigator.serviceWorker.register(shell + '/admin/sw.js', { scope: shell + '/' }).then(() => 'done: registered'),
  'service worker by the backend': () => navigator.serviceWorker.register(shell + '/plugins/evil/api/sw.js', { scope: shell + '/' }).then(() => 'done: registered'),
  'shared worker': () => new Promise((resolve) => { const worker = new SharedWorker(shell + '/plugins/evil/sw.js'); worker.onerror = () => resolve('refused: error'); setTimeout(() => resolve('refused: silence'), 1000) }),
  'cookie for /': () => { document.cookie = 'plugbay-session=forged; path=/'; document.cookie = 'plugbay-session=forged; path=/; domain=localhost'; document.cookie = 'planted=1; path=/; domain=localhost'; return 'sent: blind' },
  'read cookies': () => { const found = document.cookie; return found.includes('session=') && !found.includes('forged') ? 'done: ' + found : 'refused: nothing' },
  'storage': () => { const found = localStorage.getItem('admin'); return found === null ? 'refused: nothing' : 'done: ' + found },
  'session storage': () => { const found = sessionStorage.getItem('admin'); return found === null ? 'refused: nothing' : 'done: ' + found },
  'database': async () => { const names = (await indexedDB.databases()).map(({ name }) => name); return names.includes('admin') ? 'done: ' + names : 'refused: nothing' },
  'caches': async () => ((await caches.keys()).includes('admin') ? 'done: cache' : 'refused: nothing'),
  'domain': () => { document.domain = 'localhost'; return opener === null ? 'refused: null' : 'done: ' + opener.document.title },
  'events': () => new Promise((resolve) => { const source = new EventSource(shell + '/api/v1/events', { withCredentials: true }); source.onopen = () => resolve('done: open'); source.onerror = () => { source.close(); resolve('refused: error') } }),
  'socket': () => new Promise((resolve) => { const socket = new WebSocket(shell.replace('http', 'ws') + '/api/v1/events'); socket.onopen = () => resolve('done: open'); socket.onerror = () => resolve('refused: error') }),
  'other plugin, its API': () => ask('/plugins/other/api/secret'),
  'other plugin, its page': () => ask('/plugins/other/'),
  'other plugin on its origin': () => fetch('http://other.localhost:' + port + '/api/secret', { credentials: 'include' }).then(text),
  'other plugin in a frame': () => reads('http://other.localhost:' + port + '/'),
  'other plugin below the path': () => fetch('../other/api/secret', { credentials: 'include' }).then(text),
}
const results = {}
await Promise.all(Object.entries(attempts).map(async ([name, attempt]) => {
  try { results[name] = await limit(Promise.resolve().then(attempt)) } catch (error) { results[name] = refused(error) }
}))
globalThis.results = results
document.title = 'done'
`
