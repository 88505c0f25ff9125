// Images over the admin API and by the command line, against a real server whose application renders templates.

import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { defineHost } from '../../runtime/index.ts'
import { serve } from '../../runtime/serve.ts'
import type { ImageTask } from '../../sdk/api/images.ts'
import { documentOf, runCli } from '../cli/harness.ts'
import { buildahIn, imagesOf, needsBuildah, removeImages } from '../support/registry.ts'
import {
  ADMIN_TOKEN,
  api,
  codeOf,
  install,
  send,
  startTestRuntime,
  temporaryFolder,
  until,
} from '../support/runtime.ts'
import { reach } from '../tasks/task-runtime.ts'

test(
  'images are listed, built and refused by the command line and the admin API',
  needsBuildah,
  async (t) => {
    const folder = await temporaryFolder(t)
    const images = buildahIn(join(folder, 'store'), [])
    t.after(() => removeImages(images))
    await writeFile(join(folder, 'values.yml'), 'REGISTRY: registry.example/\n')
    const output = join(folder, 'env')
    const runtime = await startTestRuntime(t, {
      host: defineHost({
        id: 'library',
        version: '1.0.0',
        templates: { values: join(folder, 'values.yml'), output },
      }),
      config: { images },
    })
    const build = { demo: '{{ REGISTRY }}demo:{{ IMAGE_PLUGIN_VERSION }}', broken: 'broken:1' }
    await install(runtime, {
      id: 'image-plugin',
      manifest: {
        permissions: { images: 'build' },
        templates: 'templates',
        values: { defaults: { VERSION: '7' } },
        contributes: { images: { build } },
      },
      files: {
        'templates/image-plugin/build/demo/Dockerfile':
          'FROM scratch\nARG WHO\nLABEL who=$WHO\nCOPY Dockerfile /\n',
        'templates/image-plugin/build/broken/Dockerfile': 'FROM scratch\nCOPY nothing /\n',
      },
    })
    await until('the templates are rendered', () =>
      existsSync(join(output, 'plugins/image-plugin/build/demo/Dockerfile')),
    )
    const listening = await serve(runtime)
    t.after(() => listening.close(0))
    const env = { PLUGBAY_URL: `http://127.0.0.1:${listening.port}`, PLUGBAY_TOKEN: ADMIN_TOKEN }
    const cli = (...args: string[]) => runCli(['images', ...args], { cwd: folder, env })

    assert.match((await cli('list')).out, /demo +build +image-plugin +registry.example\/demo:7/)
    const done = await cli('build', 'demo', '--no-cache', '-a', 'WHO=me=you')
    assert.equal(done.code, 0, done.err)
    assert.match(
      done.out,
      /STEP 4\/4: COPY Dockerfile \/\n[\s\S]*The image is sha256:[\s\S]*✓ demo: build of registry.example\/demo:7\n$/,
    )
    assert.deepEqual(
      imagesOf(images).map(({ names }) => names),
      [['registry.example/demo:7']],
    )

    const some = await cli('build', 'all', '--json')
    assert.equal(some.code, 2)
    const [demo, broken] = documentOf(some).results
    assert.deepEqual([demo?.ok, demo?.tag, broken?.ok], [true, 'registry.example/demo:7', false])
    assert.match(JSON.stringify(broken?.problem), /IMAGE_FAILED.*was not built/)

    for (const [args, code, message] of [
      [['build', 'nobody'], 1, /There is no image "nobody" to build; there are: broken, demo/],
      [['push', 'demo'], 1, /There is no image "demo" to push; there are none/],
      [['build'], 64, /No image is named/],
      [['bild', 'all'], 64, /"bild" is not one of list, build, push, pull/],
      [['build', 'demo', '-a', 'WHO'], 64, /"WHO" is not KEY=VALUE/],
      [['build', 'demo', '-a', '--x=1'], 1, /./],
    ] as const) {
      const ran = await cli(...args)
      assert.equal(ran.code, code, args.join(' '))
      assert.match(ran.err, message)
    }
    assert.match((await cli('pull', 'all')).out, /There are none/)

    const response = await send(runtime, 'POST', '/images/build', { names: ['demo'] })
    assert.equal(response.status, 202)
    const { items } = (await response.json()) as { readonly items: readonly ImageTask[] }
    await reach(runtime, items[0]?.task ?? '', 'succeeded')
    assert.equal(
      await codeOf(await send(runtime, 'POST', '/images/build', { names: ['x'] })),
      'IMAGE_UNKNOWN',
    )
    await send(runtime, 'PUT', '/plugins/image-plugin/grants', {})
    assert.equal(
      await codeOf(await send(runtime, 'POST', '/images/build', { names: ['demo'] })),
      'IMAGE_NOT_GRANTED',
    )
    const { warnings } = (await (await api(runtime, '/plugins/image-plugin')).json()) as {
      readonly warnings: readonly { readonly code: string }[]
    }
    assert.ok(warnings.some((warning) => warning.code === 'IMAGE_NOT_GRANTED'))
  },
)

test('who may see images may not have them made', async (t) => {
  const runtime = await startTestRuntime(t)
  const { token } = (await (
    await send(runtime, 'POST', '/tokens', {
      name: 'viewer',
      permissions: ['images.view', 'tasks.manage', 'plugins.manage'],
    })
  ).json()) as { readonly token: string }
  const as = (path: string, init: RequestInit = {}) => {
    const headers = new Headers({ authorization: `Bearer ${token}`, 'content-type': 'application/json' })
    return runtime.http.app().request(`http://127.0.0.1:3000/api/v1${path}`, { ...init, headers })
  }
  assert.equal((await as('/images')).status, 200)
  assert.equal((await as('/images/build', { method: 'POST', body: '{"names":["all"]}' })).status, 403)
})
