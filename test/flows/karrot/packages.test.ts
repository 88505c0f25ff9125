// What Karrot's users know of packages and their installation, row by row: each test begins with the name of its row in the table of
// Karrot's capabilities.

import assert from 'node:assert/strict'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { createApp } from '../../../runtime/app.ts'
import { openPackageTool } from '../../../runtime/cli/package-tool.ts'
import type { Runtime } from '../../../runtime/runtime.ts'
import type { InspectAnswer } from '../../../sdk/api/packages.ts'
import { documentOf, runCli, startServer } from '../../cli/harness.ts'
import { startDevPlugin } from '../../dev/dev-plugin.ts'
import {
  api,
  backendOf,
  install,
  type PluginSource,
  pluginFiles,
  pluginZip,
  startTestRuntime,
  temporaryFolder,
  upload,
} from '../../support/runtime.ts'
import { zipOf } from '../../support/zip.ts'

const saying = (text: string) => backendOf(`return new Response('${text}')`)
const board = (version = '1.0.0', text = version): PluginSource => ({
  id: 'board',
  version,
  backend: saying(text),
})

async function ask(runtime: Runtime, id: string): Promise<string | number> {
  const response = await createApp(runtime).request(`http://127.0.0.1:3000/plugins/${id}/api/`)
  return response.ok ? await response.text() : response.status
}

async function saved(folder: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(join(folder, path, '..'), { recursive: true })
    await writeFile(join(folder, path), content)
  }
}

test('Package: a zip has its id and version inside, and a folder is packed without what does not belong', async (t) => {
  const { runtime, env } = await startServer(t)
  const cwd = await temporaryFolder(t)
  const junk = {
    '.git/config': 'secret',
    'node_modules/x/index.js': 'x',
    '.DS_Store': 'x',
    'board-1.0.0.zip': 'old',
  }
  await saved(cwd, { ...pluginFiles(board()), ...junk })
  const packed = await runCli(['pack', '.', '--json'], { env, cwd, parts: { openPackageTool } })
  assert.equal(packed.code, 0, packed.err)
  const [zip = ''] = (await readdir(cwd)).filter((name) => name.endsWith('.zip'))
  const renamed = await runCli(['install', zip, '--json'], { env, cwd })
  assert.equal(renamed.code, 0, renamed.err)
  const { id, version } = await runtime.plugins.get('board')
  assert.deepEqual([id, version], ['board', '1.0.0'], 'whatever the file is called')
  const files = (await readdir(runtime.store.folder, { recursive: true })).join('\n')
  assert.doesNotMatch(files, /\.git|DS_Store|node_modules/)
})

test('Install: an upload is checked before anything changes, is live at once, and replaces the release in one step', async (t) => {
  const { runtime, env } = await startServer(t)
  const cwd = await temporaryFolder(t)
  const put = (name: string, source: PluginSource) => writeFile(join(cwd, name), pluginZip(source))
  await put('any name.zip', board('1.0.0'))
  assert.equal((await runCli(['install', 'any name.zip'], { env, cwd })).code, 0)
  assert.equal(await ask(runtime, 'board'), '1.0.0')
  await put('broken.zip', { ...board('1.1.0'), backend: "import './missing.js'" })
  const refused = await runCli(['install', 'broken.zip'], { env, cwd })
  assert.equal(refused.code, 1)
  assert.match(refused.err, /missing\.js/)
  assert.equal(await ask(runtime, 'board'), '1.0.0', 'the old release serves on')
  await put('next.zip', board('1.1.0'))
  const answers = new Set<string | number>()
  let isOver = false
  const asking = (async () => {
    while (!isOver) answers.add(await ask(runtime, 'board'))
  })()
  assert.equal((await runCli(['install', 'next.zip'], { env, cwd })).code, 0)
  isOver = true
  await asking
  assert.equal(await ask(runtime, 'board'), '1.1.0')
  answers.add('1.1.0')
  assert.deepEqual([...answers].toSorted(), ['1.0.0', '1.1.0'], 'no visitor sees neither or both')
})

test('Zip with a top folder: it is as if it was not there, for backend and frontend', async (t) => {
  const runtime = await startTestRuntime(t)
  const source: PluginSource = { ...board(), files: { 'frontend/index.html': '<p>page' } }
  const inside = Object.entries(pluginFiles(source)).map(
    ([path, text]) => [`board-main/${path}`, text] as const,
  )
  assert.equal((await upload(runtime, new Uint8Array(zipOf(Object.fromEntries(inside))))).status, 201)
  assert.equal(await ask(runtime, 'board'), '1.0.0')
  const page = await createApp(runtime).request('http://127.0.0.1:3000/plugins/board/')
  assert.match(await page.text(), /<p>page/)
})

test('Uninstall/list/show: a list says what each has and what it does, and one that is not there is said not to be', async (t) => {
  const { runtime, env } = await startServer(t)
  await install(runtime, { ...board(), files: { 'frontend/index.html': '<p>page' } })
  await install(runtime, { id: 'halves', backend: saying('half') })
  await install(runtime, { id: 'off', backend: saying('off') }, { enable: 'false' })
  const { results } = documentOf(await runCli(['list', '--json'], { env }))
  assert.deepEqual(
    results.map(({ id, enabled, urls }) => [id, enabled, urls]),
    [
      ['board', true, { api: '/plugins/board/api/', page: '/plugins/board/' }],
      ['halves', true, { api: '/plugins/halves/api/', page: null }],
      ['off', false, { api: null, page: null }],
    ],
  )
  assert.equal((await runCli(['uninstall', 'board'], { env })).code, 0)
  assert.equal(await ask(runtime, 'board'), 404)
  const again = await runCli(['uninstall', 'board', '--json'], { env })
  assert.equal(again.code, 1)
  assert.equal(documentOf(again).results[0]?.ok, false)
})

test('PLUGIN_DIR: plugins live in the data folder, so that another folder is another server with other plugins', async (t) => {
  const data = await temporaryFolder(t)
  const first = await startTestRuntime(t, { config: { data } })
  await install(first, board())
  await first.close()
  const other = await startTestRuntime(t)
  assert.equal(await ask(other, 'board'), 404)
  // A folder that was put there by hand is not a plugin: nothing of it was checked.
  await saved(join(data, 'artifacts', 'by-hand'), pluginFiles({ id: 'by-hand', backend: saying('x') }))
  const again = await startTestRuntime(t, { config: { data } })
  assert.deepEqual([await ask(again, 'board'), await ask(again, 'by-hand')], ['1.0.0', 404])
})

test('Dev mode: a saved file of the backend or the page is live without a restart, from the folder of the author', async (t) => {
  const dev = await startDevPlugin(t, { ...board(), files: { 'frontend/index.html': '<p>one' } })
  assert.equal(await (await dev.get('/api/')).text(), '1.0.0')
  await dev.save({ 'backend/index.js': saying('two') })
  assert.equal((await dev.next('swap')).change, 'backend')
  assert.equal(await (await dev.get('/api/')).text(), 'two')
  await dev.save({ 'frontend/index.html': '<p>two' })
  await dev.next('swap')
  assert.match(await (await dev.get('/')).text(), /<p>two/)
  await dev.save({ 'backend/index.js': 'export default {' })
  const { problems } = await dev.next('problem')
  assert.deepEqual([problems[0]?.code, problems[0]?.file], ['SYNTAX_ERROR', 'backend/index.js'])
  assert.equal(await (await dev.get('/api/')).text(), 'two', 'a mistake keeps the last good version')
})

test('Failure isolation: a backend that cannot be imported is failed with its stack, inspected without running, and others serve', async (t) => {
  const runtime = await startTestRuntime(t)
  await install(runtime, board())
  const broken: PluginSource = {
    id: 'broken',
    backend: "import './models.js'\nexport default { fetch() {} }",
    files: { 'backend/models.js': '\nnull.field' },
  }
  const inspected = await api(runtime, '/packages/inspect', {
    method: 'POST',
    headers: { 'content-type': 'application/zip' },
    body: pluginZip(broken),
  })
  assert.equal(((await inspected.json()) as InspectAnswer).ok, true)
  const { state, problem } = await install(runtime, broken)
  assert.equal(state, 'failed')
  assert.equal(problem?.code, 'LOAD_FAILED')
  assert.match(problem.message, /TypeError/)
  assert.deepEqual([problem.file, problem.line], ['backend/models.js', 2])
  assert.deepEqual([await ask(runtime, 'board'), await ask(runtime, 'broken')], ['1.0.0', 503])
})
