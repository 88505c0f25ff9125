// Images of plugins that are built, pushed and pulled by tasks: with buildah and a registry of this machine. The folder of rendered
// templates is written by the tests.

import assert from 'node:assert/strict'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import type { GivenConfig } from '../../runtime/config/config.ts'
import { withDefaults } from '../../runtime/config/config.ts'
import { declaredImages, imageProblemsOf } from '../../runtime/contributions/images.ts'
import { Images } from '../../runtime/images/images.ts'
import { createLog } from '../../runtime/log.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import type { JsonValue } from '../../runtime/templates/format/engine-calls.ts'
import { TemplateEngine } from '../../runtime/templates/template-engine.ts'
import { isRunning } from '../support/killable.ts'
import {
  buildahIn,
  freePort,
  imagesOf,
  needsBuildah,
  removeImages,
  startRegistry,
} from '../support/registry.ts'
import { install, send, startTestRuntime, temporaryFolder, until } from '../support/runtime.ts'
import { linesOf, reach } from '../tasks/task-runtime.ts'

const DOCKERFILE = 'FROM scratch\nARG WHO=nobody\nLABEL who=$WHO\nCOPY hello /hello\n'

interface Bench {
  readonly runtime: Runtime
  readonly images: Images
  readonly config: NonNullable<GivenConfig['images']>
  /** Writes files of the rendered templates of a plugin. */
  write(plugin: string, files: Readonly<Record<string, string>>): Promise<void>
}

async function startBench(
  t: TestContext,
  {
    config: given = {},
    values = {},
    registry = 'registry.invalid',
  }: {
    readonly config?: GivenConfig['images']
    readonly values?: Readonly<Record<string, JsonValue>>
    readonly registry?: string
  } = {},
): Promise<Bench> {
  const folder = await temporaryFolder(t)
  const config = { ...buildahIn(join(folder, 'store'), [registry]), ...given }
  t.after(() => removeImages(config))
  const runtime = await startTestRuntime(t)
  const engine = new TemplateEngine({ log: createLog('silent') })
  t.after(() => engine.close())
  const images = new Images({
    config: withDefaults({ images: config }).images,
    plugins: () => runtime.live.current(),
    render: (templates) => engine.render({ values, templates, patches: {}, wanted: Object.keys(templates) }),
    outputOf: (plugin) => join(folder, 'env', 'plugins', plugin),
    tasks: runtime.tasks,
    audit: runtime.store.audit,
    environment: process.env,
    staging: runtime.store.paths.staging,
  })
  return {
    ...{ runtime, images, config },
    async write(plugin, files) {
      for (const [path, content] of Object.entries(files)) {
        const file = join(folder, 'env', 'plugins', plugin, path)
        await mkdir(join(file, '..'), { recursive: true })
        await writeFile(file, content)
      }
    },
  }
}

interface Declared {
  readonly build?: Readonly<Record<string, string>>
  readonly remote?: Readonly<Record<string, string>>
}

async function installImages(
  runtime: Runtime,
  id: string,
  {
    build,
    remote,
    granted = 'build',
    ...manifest
  }: Declared & { readonly granted?: string; readonly priority?: number },
): Promise<void> {
  await install(runtime, {
    id,
    manifest: {
      permissions: { images: 'build' },
      templates: 'templates',
      contributes: { images: { ...(build && { build }), ...(remote && { remote }) } },
      ...manifest,
    },
    files: Object.fromEntries(
      Object.keys(build ?? {}).map((name) => [`templates/${id}/build/${name}/Dockerfile`, DOCKERFILE]),
    ),
  })
  if (granted !== 'build')
    await send(runtime, 'PUT', `/plugins/${id}/grants`, granted === 'none' ? {} : { images: granted })
}

const BY = 'ada'
const built = (tag: string) => ({ 'build/demo/Dockerfile': DOCKERFILE, 'build/demo/hello': `hello ${tag}\n` })

describe('an image', needsBuildah, () => {
  it('is built with the values of now, pushed, removed and pulled back with the same identity', async (t) => {
    const registry = await startRegistry(t)
    const { runtime, images, config, write } = await startBench(t, {
      registry: registry.name,
      values: { REGISTRY: registry.name, VERSION: 7 },
    })
    const tag = `${registry.name}/group/demo:7`
    const template = '{{ REGISTRY }}/group/demo:{{ VERSION }}'
    await installImages(runtime, 'demo-images', { build: { demo: template }, remote: { demo: template } })
    await write('demo-images', built(tag))
    const [task, ...more] = await images.ask('build', { names: ['all'], args: { WHO: 'it is "me"' } }, BY)
    assert.deepEqual(
      [task && { ...task, task: '' }, more.length],
      [{ name: 'demo', plugin: 'demo-images', tag, task: '' }, 0],
    )
    const { result, spec } = await reach(runtime, task?.task ?? '', 'succeeded')
    const { id } = result as { readonly id: string }
    assert.match(id, /^sha256:[0-9a-f]{64}$/)
    assert.deepEqual(spec.startedBy, { kind: 'user', name: BY })
    const lines = await linesOf(runtime, task?.task ?? '')
    for (const line of [
      `build "${tag}" of plugin "demo-images": buildah, as configured`,
      'STEP 4/4: COPY hello /hello',
      `The image is ${id}`,
    ])
      assert.ok(lines.includes(line), `${line}\n${lines.join('\n')}`)
    assert.deepEqual(
      imagesOf(config).map((each) => each.names),
      [[tag]],
    )

    const [push] = await images.ask('push', { names: ['demo'] }, BY)
    await reach(runtime, push?.task ?? '', 'succeeded')
    assert.deepEqual(await registry.get('group/demo/tags/list'), { name: 'group/demo', tags: ['7'] })
    removeImages(config)
    assert.deepEqual(imagesOf(config), [])

    const [pull] = await images.ask('pull', { names: ['demo'] }, BY)
    await reach(runtime, pull?.task ?? '', 'succeeded')
    assert.deepEqual(
      imagesOf(config).map((each) => [`sha256:${each.id.replace('sha256:', '')}`, each.names]),
      [[id, [tag]]],
    )
    const { items } = await runtime.store.audit.list({ limit: 3 })
    assert.deepEqual(
      items.map(({ action, actor, subject }) => [action, actor, subject]),
      ['images.pull', 'images.push', 'images.build'].map((action) => [action, BY, 'demo-images']),
    )
  })

  it('is as it was when its build fails half-way, and the task says at which step', async (t) => {
    const { runtime, images, config, write } = await startBench(t)
    await installImages(runtime, 'broken', { build: { demo: 'demo:1' } })
    await write('broken', built('demo:1'))
    await reach(runtime, (await images.ask('build', { names: ['demo'] }, BY))[0]?.task ?? '', 'succeeded')
    const identities = () => imagesOf(config).map(({ id, names }) => [id, names])
    const before = identities()
    await write('broken', { 'build/demo/Dockerfile': `${DOCKERFILE}COPY nothing /nothing\n` })
    const [task] = await images.ask('build', { names: ['demo'], noCache: true }, BY)
    const { problem, progress } = await reach(runtime, task?.task ?? '', 'failed')
    assert.equal(problem?.code, 'IMAGE_FAILED')
    assert.match(String(problem?.message), /"demo:1" was not built: .*COPY nothing \/nothing/)
    assert.equal(progress?.fraction, 4 / 5)
    assert.deepEqual(identities(), before)
  })

  it('is not pushed to a registry that is away, nor pulled from one that does not have it', async (t) => {
    const registry = await startRegistry(t)
    const away = `127.0.0.1:${await freePort()}`
    const { runtime, images, write } = await startBench(t, {
      config: { insecureRegistries: [registry.name, away] },
    })
    await installImages(runtime, 'away', {
      build: { demo: `${away}/demo:1` },
      remote: { demo: `${away}/demo:1`, missing: `${registry.name}/missing:1` },
    })
    await write('away', built('demo'))
    await reach(runtime, (await images.ask('build', { names: ['demo'] }, BY))[0]?.task ?? '', 'succeeded')
    const [push] = await images.ask('push', { names: ['demo'] }, BY)
    assert.match(
      String((await reach(runtime, push?.task ?? '', 'failed')).problem?.message),
      /was not pushed to its registry: .*(refused|failed)/,
    )
    const [pull] = await images.ask('pull', { names: ['missing'] }, BY)
    assert.match(
      String((await reach(runtime, pull?.task ?? '', 'failed')).problem?.message),
      /was not pulled from its registry: .*manifest unknown/,
    )
  })

  it('has nothing to be built from when its templates were not rendered', async (t) => {
    const { runtime, images } = await startBench(t)
    await installImages(runtime, 'bare', { build: { demo: 'demo:1' } })
    const [task] = await images.ask('build', { names: ['demo'] }, BY)
    const { problem } = await reach(runtime, task?.task ?? '', 'failed')
    assert.equal(problem?.code, 'IMAGE_INVALID')
    assert.match(String(problem?.message), /Dockerfile" is not there/)
  })

  it('is not built any more when its task is cancelled: the engine is killed', async (t) => {
    const folder = await temporaryFolder(t)
    const engine = join(folder, 'slow')
    await writeFile(
      engine,
      `#!/bin/sh\n[ "$1" = version ] && exit 0\necho begun; echo $$ > ${folder}/pid; exec sleep 1000\n`,
      { mode: 0o755 },
    )
    const { runtime, images, write } = await startBench(t, {
      config: { engine: 'podman', path: engine, args: {} },
    })
    await installImages(runtime, 'slow', { build: { demo: 'demo:1' } })
    await write('slow', built('demo'))
    const [task] = await images.ask('build', { names: ['demo'] }, BY)
    await until('the engine works', async () => (await linesOf(runtime, task?.task ?? '')).includes('begun'))
    await send(runtime, 'POST', `/tasks/${task?.task}/cancel`)
    await reach(runtime, task?.task ?? '', 'cancelled')
    const pid = Number(await readFile(join(folder, 'pid'), 'utf8'))
    await until('it is gone', () => !isRunning(pid))
  })
})

describe('what may be built', () => {
  it('is refused by name when it is unknown, with the names that there are', async (t) => {
    const { runtime, images } = await startBench(t)
    await assert.rejects(images.ask('build', { names: ['demo'] }, BY), {
      code: 'IMAGE_UNKNOWN',
      message: 'There is no image "demo" to build; there are none',
    })
    assert.deepEqual(await images.ask('build', { names: ['all'] }, BY), [])
    await installImages(runtime, 'some', {
      build: { redis: 'redis:1', proxy: 'proxy:1' },
      remote: { mirror: 'm:1' },
    })
    await assert.rejects(images.ask('build', { names: ['proxy', 'reddis'] }, BY), {
      code: 'IMAGE_UNKNOWN',
      message: 'There is no image "reddis" to build; did you mean "redis"? there are: proxy, redis',
    })
    await assert.rejects(images.ask('push', { names: ['redis'] }, BY), {
      message: /to push; .*there are: mirror/,
    })
    // None of them was begun.
    assert.deepEqual((await runtime.store.tasks.list({ limit: 10 })).items, [])
  })

  it('is only what the operator has granted, also when it was taken back meanwhile', async (t) => {
    const { runtime, images, write } = await startBench(t, {
      config: { engine: 'podman', path: '/nonexistent/podman' },
    })
    await installImages(runtime, 'asked', {
      build: { demo: 'demo:1' },
      remote: { base: 'base:1' },
      granted: 'none',
    })
    assert.deepEqual(
      (await images.list()).map(({ name, tag, problem }) => [name, tag, problem?.code]),
      [
        ['demo', 'demo:1', 'IMAGE_NOT_GRANTED'],
        ['base', 'base:1', 'IMAGE_NOT_GRANTED'],
      ],
    )
    assert.deepEqual(await images.ask('build', { names: ['all'] }, BY), [])
    await assert.rejects(images.ask('build', { names: ['demo'] }, BY), { code: 'IMAGE_NOT_GRANTED' })
    await send(runtime, 'PUT', '/plugins/asked/grants', { images: 'pull' })
    await assert.rejects(images.ask('build', { names: ['demo'] }, BY), { code: 'IMAGE_NOT_GRANTED' })
    assert.equal((await images.ask('pull', { names: ['base'] }, BY)).length, 1)
    await send(runtime, 'PUT', '/plugins/asked/grants', { images: 'build' })
    await write('asked', built('demo'))
    const [task] = await images.ask('build', { names: ['demo'] }, BY)
    const { problem } = await reach(runtime, task?.task ?? '', 'failed')
    assert.deepEqual(problem, {
      code: 'IMAGE_ENGINE_MISSING',
      message: 'No container engine can be used: podman: not installed',
    })
  })

  it('is gone with its plugin', async (t) => {
    const { runtime, images } = await startBench(t)
    await installImages(runtime, 'leaves', { build: { demo: 'demo:1' } })
    assert.equal((await images.list()).length, 1)
    await send(runtime, 'POST', '/plugins/leaves/disable')
    assert.deepEqual(await images.list(), [])
  })

  it('is one of a name and one of a tag: the first in order, with a problem that names both', async (t) => {
    const { runtime, images } = await startBench(t)
    await installImages(runtime, 'second', {
      build: { demo: 'a:1', other: 'same:1' },
      remote: { demo: 'a:1' },
    })
    await installImages(runtime, 'first', { build: { demo: 'b:1', third: 'same:1' }, priority: 1 })
    const found = (await images.list()).filter(({ use }) => use === 'build')
    assert.deepEqual(
      found.map(({ name, plugin, problem }) => [plugin, name, problem?.code ?? null]),
      [
        ['first', 'demo', null],
        ['first', 'third', null],
        ['second', 'demo', 'IMAGE_CONFLICT'],
        ['second', 'other', 'IMAGE_CONFLICT'],
      ],
    )
    for (const { problem } of found.slice(2)) assert.match(String(problem?.message), /"first".*"second"/)
    assert.deepEqual(
      (await images.ask('build', { names: ['demo'] }, BY)).map(({ plugin }) => plugin),
      ['first'],
    )
    assert.equal(imageProblemsOf('first', declaredImages(runtime.live.current())).length, 1)
  })

  it('has a tag that is the name of an image, or a problem', async (t) => {
    const { runtime, images } = await startBench(t, { values: { EVIL: '--tls-verify=false', GOOD: 'x:1' } })
    const build = {
      ...{
        option: '{{ EVIL }}',
        unknown: '{{ NOBODY }}',
        endless: '{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}',
      },
      ...{
        good: '{{ GOOD }}',
        lines: '{{ GOOD }}\nx',
        code: '{{ "".constructor }}',
        digest: `x@sha256:{{ "${'a'.repeat(64)}" }}`,
      },
    }
    await installImages(runtime, 'hostile', { build })
    const problems = Object.fromEntries(
      (await images.list()).map(({ name, problem }) => [name, problem?.message ?? null]),
    )
    assert.equal(problems.good, null)
    assert.match(String(problems.option), /"--tls-verify=false" is not the name of an image/)
    assert.match(String(problems.unknown), /NOBODY/)
    assert.match(String(problems.digest), /no digest before/)
    for (const name of ['endless', 'lines', 'code']) assert.equal(typeof problems[name], 'string', name)
    await assert.rejects(images.ask('build', { names: ['option'] }, BY), { code: 'IMAGE_INVALID' })
  })
})
