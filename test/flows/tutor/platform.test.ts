// The sample platform with the sample plugin, row by row of Tutor's capabilities: what is rendered is read by the parsers that read it
// in a deployment.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { parse } from 'yaml'
import type { ImageTask } from '../../../sdk/api/images.ts'
import type { TaskView } from '../../../sdk/api/tasks.ts'
import { needsBuildah, startRegistry } from '../../support/registry.ts'
import { api, codeOf, install, send, until, upload } from '../../support/runtime.ts'
import { zipOf } from '../../support/zip.ts'
import { linesOf, reach } from '../../tasks/task-runtime.ts'
import { installSample, PLUGIN, rendered, startPlatform } from './platform-bench.ts'

const bench = await startPlatform({ after })
const { runtime } = bench
const before = {
  compose: await rendered(bench, 'docker-compose.yml', (text) => text !== ''),
  nginx: await bench.text('nginx.conf'),
  env: await bench.text('env.json'),
}
assert.equal((await installSample(bench)).status, 201)

const json = async <T>(path: string): Promise<T> => (await (await api(runtime, path)).json()) as T
const withRedis = (path: string) => rendered(bench, path, (text) => text.includes('redis'))

/** What nginx says of a configuration. */
function nginxSays(file: string): { readonly status: number | null; readonly stderr: string } {
  return spawnSync(
    'nginx',
    ['-t', '-p', bench.output, '-c', file, '-e', 'stderr', '-g', `pid ${bench.output}/nginx.pid;`],
    {
      encoding: 'utf8',
    },
  )
}

test('Patches: in a compose file, a configuration of nginx and an env.json, each read by a real parser', async (t) => {
  const compose = parse(await withRedis('docker-compose.yml'))
  const { redis, web } = compose.services
  assert.equal(redis.image, 'registry.example.org/platform-redis:7')
  assert.deepEqual(redis.command, ['redis-server', '/etc/redis.conf'])
  assert.deepEqual([web.depends_on, web.image], [['redis'], 'registry.example.org/school:2.3.0'])
  assert.deepEqual(Object.keys(compose.volumes), ['uploads', 'redis'])
  const env = JSON.parse(await withRedis('env.json'))
  assert.deepEqual([env.features, env.cache, env.redis.port], [['redis'], { backend: 'redis' }, 6379])
  assert.match(env.redis.password, /^[A-Za-z0-9]{20}$/)
  // Without the plugin, the same files are as valid.
  assert.deepEqual(parse(before.compose).services.web.depends_on, [])
  assert.deepEqual(JSON.parse(before.env).features, [])
  const file = join(bench.output, 'nginx.conf')
  await withRedis('nginx.conf')
  if (!existsSync('/usr/sbin/nginx') && process.env.CI !== 'true') return t.skip('nginx is not installed')
  const said = nginxSays(file)
  assert.equal(said.status, 0, said.stderr)
})

test('Any attribute may be callable: a patch that the backend gives, from values', async () => {
  assert.match(await withRedis('nginx.conf'), /location = \/cache \{ return 200 "redis:6379"; \}/)
  await runtime.values.change({ set: { PLATFORM_REDIS_PORT: 6380 } }, 'ada')
  await rendered(bench, 'nginx.conf', (text) => text.includes('"redis:6380"'))
  await runtime.values.change({ unset: ['PLATFORM_REDIS_PORT'] }, 'ada')
  await rendered(bench, 'nginx.conf', (text) => text.includes('"redis:6379"'))
})

test('templates of a plugin: its own part of the folder, rendered, without its scripts', async () => {
  const path = 'plugins/platform-redis/apps/redis.conf'
  assert.match(
    await rendered(bench, path, (text) => text !== ''),
    /^port 6379\nrequirepass [A-Za-z0-9]{20}\nappendonly yes\n$/,
  )
  assert.equal(await bench.text('plugins/platform-redis/build/redis/redis.conf'), 'port 6379\n')
  assert.equal(existsSync(join(bench.output, 'plugins/platform-redis/hooks')), false)
})

test('hooks.pre-init / init of the sample: scripts in the shell of the application, and a handler', async () => {
  const response = await send(runtime, 'POST', '/init', {})
  const { id: task } = (await response.json()) as { readonly id: string }
  await reach(runtime, task, 'succeeded')
  const lines = await linesOf(runtime, task)
  assert.ok(lines.includes('waiting for the port 6379'), lines.join('\n'))
  assert.ok(lines.includes('redis of school is ready'), lines.join('\n'))
})

test('hooks.build-image: from rendered templates, by buildah', needsBuildah, async () => {
  await withRedis('docker-compose.yml')
  const response = await send(runtime, 'POST', '/images/build', { names: ['redis'] })
  assert.equal(response.status, 202)
  const { items } = (await response.json()) as { readonly items: readonly ImageTask[] }
  assert.equal(items[0]?.tag, 'registry.example.org/platform-redis:7')
  const { result } = await reach(runtime, items[0]?.task ?? '', 'succeeded')
  assert.match((result as { readonly id: string }).id, /^sha256:/)
  assert.equal(
    await codeOf(await send(runtime, 'POST', '/images/build', { names: ['rediss'] })),
    'IMAGE_UNKNOWN',
  )
})

test('hooks.remote-image: pushed to a registry, and pulled from it', needsBuildah, async (t) => {
  const registry = await startRegistry(t)
  const own = await startPlatform(t, registry.name)
  assert.equal((await installSample(own)).status, 201)
  await own.runtime.values.change({ set: { DOCKER_REGISTRY: `${registry.name}/` } }, 'ada')
  await rendered(own, 'docker-compose.yml', (text) => text.includes(`${registry.name}/platform-redis:7`))
  for (const verb of ['build', 'push', 'pull'] as const) {
    const [task] = await own.runtime.images.ask(verb, { names: ['redis'] }, 'ada')
    await reach(own.runtime, task?.task ?? '', 'succeeded')
  }
  assert.deepEqual(await registry.get('platform-redis/tags/list'), { name: 'platform-redis', tags: ['7'] })
})

test('Undefined in template: the problem names plugin, patch and value, and the files stay', async () => {
  const good = await withRedis('docker-compose.yml')
  await install(runtime, {
    id: 'forgetful',
    manifest: { contributes: { patches: { 'compose-services': 'x:\n  image: {{ NOBODY }}' } } },
  })
  const report = await runtime.templates.render()
  assert.equal(report.isWritten, false)
  assert.match(JSON.stringify(report.problems), /NOBODY.*compose-services.*forgetful/)
  assert.equal(await bench.text('docker-compose.yml'), good)
  await send(runtime, 'DELETE', '/plugins/forgetful')
})

test('Type checks: the manifest is compared with its schema, and the problem names the field', async () => {
  const manifest = (more: object) => ({
    manifestVersion: 1,
    id: 'typed',
    name: 'typed',
    version: '1.0.0',
    ...more,
  })
  for (const [more, pointer] of [
    [{ values: { add: ['KEY'] } }, '/values/add'],
    [{ contributes: { patches: { place: 1 } } }, '/contributes/patches/place'],
    [{ contributes: { images: { build: ['x'] } } }, '/contributes/images/build'],
    [{ contributes: { init: { run: 'redis' } } }, '/contributes/init/run'],
  ] as const) {
    const response = await upload(
      runtime,
      new Uint8Array(zipOf({ 'manifest.json': JSON.stringify(manifest(more)) })),
    )
    assert.equal(response.status, 422)
    assert.match(await response.text(), new RegExp(`"pointer":"${pointer}"`))
  }
})

test('Template filters: those of Tutor are there', async () => {
  await install(runtime, {
    id: 'filters',
    manifest: {
      values: {
        defaults: {
          HOST: '{{ "lms.example.org"|common_domain("cms.example.org") }}',
          REVERSE: '{{ "www.example.org"|reverse_host }}',
          LIST: '{{ [("a", true), ("b", false)]|list_if }}',
          RANDOM: '{{ 8|random_string }}',
        },
      },
    },
  })
  assert.deepEqual(
    await Promise.all(['HOST', 'REVERSE', 'LIST'].map((name) => runtime.values.get(`FILTERS_${name}`))),
    ['example.org', 'org.example.www', '["a"]'],
  )
  assert.match(String(await runtime.values.get('FILTERS_RANDOM')), /^[A-Za-z0-9]{8}$/)
  await send(runtime, 'DELETE', '/plugins/filters')
})

test('Patch order in v1: by priority, then by id, and as the operator says', async () => {
  const feature = (name: string) => ({ contributes: { patches: { 'env-features': `"${name}"` } } })
  await install(runtime, { id: 'alpha', manifest: feature('alpha') })
  await install(runtime, { id: 'zulu', manifest: { ...feature('zulu'), priority: 5 } })
  const features = (wanted: readonly string[]) =>
    rendered(
      bench,
      'env.json',
      (text) => JSON.stringify(JSON.parse(text).features) === JSON.stringify(wanted),
    )
  await features(['zulu', 'alpha', 'redis'])
  const order = await send(runtime, 'PUT', '/extension-points/patches/env-features/order', {
    plugins: ['alpha'],
  })
  assert.ok(order.ok, await order.text())
  await features(['alpha', 'zulu', 'redis'])
  for (const id of ['alpha', 'zulu']) await send(runtime, 'DELETE', `/plugins/${id}`)
  await features(['redis'])
})

test('Enable/disable: everything that the plugin adds is gone at once, files and values, and there again', async () => {
  await withRedis('docker-compose.yml')
  const password = await runtime.values.get('PLATFORM_REDIS_PASSWORD')
  await send(runtime, 'POST', '/plugins/platform-redis/disable')
  // Each file is replaced as a whole, one after the other.
  await rendered(bench, 'docker-compose.yml', (text) => text === before.compose)
  await rendered(bench, 'nginx.conf', (text) => text === before.nginx)
  await rendered(bench, 'env.json', (text) => text === before.env)
  const own = join(bench.output, 'plugins/platform-redis')
  await until('the plugin has no folder left', () => (existsSync(own) ? undefined : true))
  assert.deepEqual(await runtime.images.list(), [])
  await send(runtime, 'POST', '/plugins/platform-redis/enable')
  await withRedis('docker-compose.yml')
  assert.equal(await runtime.values.get('PLATFORM_REDIS_PASSWORD'), password)
})

test('plugins list output: id, version and state of each', async () => {
  const { items } = await json<{
    readonly items: readonly { readonly id: string; readonly version: string; readonly state: string }[]
  }>('/plugins')
  const plugin = items.find(({ id }) => id === 'platform-redis')
  assert.deepEqual([plugin?.version, ['idle', 'running'].includes(String(plugin?.state))], ['1.0.0', true])
})

test('Install/update/search: an upload is live at once, and a new release renders again', async () => {
  const manifest = await readFile(join(PLUGIN, 'manifest.json'), 'utf8')
  const next = manifest
    .replace('"version": "1.0.0"', '"version": "1.1.0"')
    .replace('"VERSION": "7"', '"VERSION": "8"')
  const response = await installSample(bench, { 'manifest.json': next })
  assert.ok(response.ok, await response.text())
  await rendered(bench, 'docker-compose.yml', (text) => text.includes('platform-redis:8'))
})

test('Plugin CLI: what a plugin offers to run is an action or a task, for the command line and the API', async () => {
  await install(runtime, {
    id: 'worker',
    backend: 'export default { tasks: { tidy: () => "tidy" } }',
    manifest: { permissions: { tasks: true }, contributes: { tasks: [{ id: 'tidy', onDemand: true }] } },
  })
  const response = await send(runtime, 'POST', '/tasks', { plugin: 'worker', name: 'tidy' })
  const { id } = (await response.json()) as Pick<TaskView, 'id'>
  assert.equal((await reach(runtime, id, 'succeeded')).result, 'tidy')
})

test('v1 hooks: the mapping of actions and filters has a test for each row', async () => {
  const page = await readFile(new URL('../../../docs/hooks.md', import.meta.url), 'utf8')
  assert.match(page, /## Actions and filters of Tutor/)
  const tests = await readFile(new URL('../../contributions/tutor-v1.test.ts', import.meta.url), 'utf8')
  for (const name of ['Filters.X.add()', 'Actions.X.do()', 'clear_all', 'PLUGIN_LOADED', 'PLUGINS_LOADED'])
    assert.ok(tests.includes(name), name)
})
