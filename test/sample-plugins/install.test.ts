// The samples on a real server: sources, linked with the packages of the checkout, which no other plugin can import.

import assert from 'node:assert/strict'
import { mkdir, readFile, realpath, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { readableFolders, SAMPLES } from '../../runtime/samples/folder-source.ts'
import { installedPackages } from '../../runtime/samples/installed-packages.ts'
import { installSamples, SAMPLE_PACKAGES, sampleFolders, sampleIds } from '../../runtime/samples/samples.ts'
import {
  pluginFiles,
  pluginZip,
  send,
  startTestRuntime,
  temporaryFolder,
  upload,
} from '../support/runtime.ts'

const ROOT = join(SAMPLES, '..')

/** Its package process may read all that the samples need, and an empty folder. */
async function startServer(t: TestContext) {
  const extra = await realpath(await temporaryFolder(t))
  const runtime = await startTestRuntime(t, { packageFolders: [...(await sampleFolders()), extra] })
  return { runtime, extra }
}

describe('a server with the samples', () => {
  it('has every sample, and all that is enabled serves', async (t) => {
    const { runtime } = await startServer(t)
    await installSamples(runtime)
    const installed = await runtime.plugins.list()
    assert.deepEqual(
      installed.map(({ id }) => id),
      await sampleIds(),
    )
    for (const { id, enabled, problem, state } of installed) {
      assert.equal(problem, null, id)
      assert.equal(
        enabled ? state === 'running' || state === 'idle' : state === 'disabled',
        true,
        `${id} ${state}`,
      )
    }
  })

  it('installs one for an administrator, without its grants, and nothing that is not in its list', async (t) => {
    const runtime = await startTestRuntime(t, {
      samples: SAMPLE_PACKAGES,
      packageFolders: await sampleFolders(),
    })
    const list = async () => (await (await send(runtime, 'GET', '/samples')).json()).items
    assert.deepEqual(
      await list(),
      (await sampleIds()).map((id) => ({ id, isInstalled: false, misbehaves: id === 'greedy-plugin' })),
    )
    const report = await (await send(runtime, 'POST', '/samples/notes/inspect')).json()
    assert.deepEqual(
      { ok: report.ok, asked: report.permissions.asked },
      { ok: true, asked: { database: true } },
    )
    assert.deepEqual(await runtime.plugins.list(), [])
    const installed = await send(runtime, 'POST', '/samples/notes/install')
    assert.equal(installed.status, 200)
    const { id, state, grants } = await installed.json()
    assert.deepEqual({ id, state, grants }, { id: 'notes', state: 'waiting-approval', grants: {} })
    assert.deepEqual(
      (await list()).filter((sample: { isInstalled: boolean }) => sample.isInstalled),
      [{ id: 'notes', isInstalled: true, misbehaves: false }],
    )
    const greedy = await (await send(runtime, 'POST', '/samples/greedy-plugin/install')).json()
    assert.deepEqual([greedy.outcome, greedy.enabled], ['created', false])
    // The first is made for an application.
    for (const other of ['platform-redis', 'nothing'])
      assert.equal((await send(runtime, 'POST', `/samples/${other}/install`)).status, 404, other)
    assert.equal((await send(runtime, 'POST', '/samples/..%2Fnotes/install')).status, 400)
  })

  it('offers none where there are none', async (t) => {
    const runtime = await startTestRuntime(t)
    assert.deepEqual((await (await send(runtime, 'GET', '/samples')).json()).items, [])
    assert.equal((await send(runtime, 'POST', '/samples/notes/install')).status, 404)
  })

  it('gives no upload a package of its own, be it a zip or a folder', async (t) => {
    const { runtime, extra } = await startServer(t)
    const curious = {
      id: 'curious',
      backend: "import { Hono } from 'hono'\nexport default new Hono()",
      files: { 'backend/package.json': JSON.stringify({ dependencies: { hono: '*' } }) },
    }
    const refused = await upload(runtime, pluginZip(curious))
    assert.equal(refused.status, 422)
    assert.match(await refused.text(), /IMPORT_REFUSED.*hono/)
    for (const [path, content] of Object.entries(pluginFiles(curious))) {
      await mkdir(join(extra, path, '..'), { recursive: true })
      await writeFile(join(extra, path), content)
    }
    await assert.rejects(runtime.plugins.upload({ kind: 'folder', path: extra }, { actor: 'test' }), {
      code: 'IMPORT_REFUSED',
    })
    const zip = join(extra, 'curious.zip')
    await writeFile(zip, pluginZip(curious))
    const smuggled = {
      kind: 'zip',
      path: zip,
      packages: installedPackages(join(SAMPLES, 'guestbook')),
    } as const
    await assert.rejects(runtime.plugins.upload(smuggled, { actor: 'test' }), { code: 'IMPORT_REFUSED' })
  })
})

describe('the packages of a sample', () => {
  it('are those that it names, with what they need, and the process may read no others', async () => {
    assert.deepEqual(Object.keys(installedPackages(join(SAMPLES, 'notes'))).sort(), [
      'hono',
      'kysely',
      'kysely-d1',
    ])
    assert.deepEqual(installedPackages(join(SAMPLES, 'usb-inspector')), {})
    const packages = installedPackages(join(SAMPLES, 'guestbook'))
    const path = join(SAMPLES, 'guestbook')
    assert.deepEqual(readableFolders({ kind: 'folder', path, packages }), [
      path,
      join(ROOT, 'node_modules/hono'),
    ])
  })

  it('have the versions that the checkout has', async () => {
    const read = async (path: string) => JSON.parse(await readFile(path, 'utf8'))
    const { dependencies, devDependencies } = await read(join(ROOT, 'package.json'))
    const own = { ...dependencies, ...devDependencies }
    for (const [id, file, field] of [
      ['guestbook', 'backend/package.json', 'dependencies'],
      ['notes', 'backend/package.json', 'dependencies'],
      ['usb-backup', 'backend/package.json', 'dependencies'],
      ['example-plugin', 'package.json', 'devDependencies'],
      ['photos', 'package.json', 'devDependencies'],
    ] as const) {
      const named: Readonly<Record<string, string>> = (await read(join(SAMPLES, id, file)))[field]
      for (const [name, range] of Object.entries(named)) assert.equal(range, own[name], `${id}: ${name}`)
    }
  })
})
