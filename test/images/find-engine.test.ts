// Which container engine is used: programs in a folder of the test, and the real ones of this machine.

import assert from 'node:assert/strict'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { findEngine } from '../../runtime/images/find-engine.ts'
import { temporaryFolder } from '../support/runtime.ts'

/** A PATH with programs that are scripts of the shell. */
async function pathWith(t: TestContext, programs: Readonly<Record<string, string>>): Promise<string> {
  const folder = join(await temporaryFolder(t), 'bin')
  await mkdir(folder)
  for (const [name, script] of Object.entries(programs)) {
    await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`)
    await chmod(join(folder, name), 0o755)
  }
  return folder
}

const AUTO = { engine: 'auto', path: null } as const

describe('findEngine()', () => {
  it('takes the first of podman, docker and buildah that answers, and says why', async (t) => {
    const PATH = await pathWith(t, {
      docker: 'echo "Cannot connect to the Docker daemon" >&2; exit 1',
      buildah: '[ "$1" = version ]',
    })
    const found = await findEngine(AUTO, { PATH })
    assert.equal(found.engine.name, 'buildah')
    assert.equal(
      found.reason,
      'buildah, the first that answers (podman: not installed; docker: Cannot connect to the Docker daemon)',
    )
    const both = await pathWith(t, { podman: '', docker: '', buildah: '' })
    assert.equal((await findEngine(AUTO, { PATH: both })).engine.name, 'podman')
  })

  it('takes the one that is configured, at its path, and no other', async (t) => {
    const PATH = await pathWith(t, { podman: '', docker: '' })
    assert.equal((await findEngine({ engine: 'docker', path: null }, { PATH })).program, 'docker')
    const path = join(PATH, 'podman')
    assert.deepEqual(
      { ...(await findEngine({ engine: 'podman', path }, { PATH: '/nonexistent' })), engine: null },
      { engine: null, program: path, reason: 'podman, as configured' },
    )
    await assert.rejects(findEngine({ engine: 'buildah', path: null }, { PATH }), {
      code: 'IMAGE_ENGINE_MISSING',
      message: 'No container engine can be used: buildah: not installed',
    })
  })

  it('names each that it has tried when there is none', async (t) => {
    const PATH = await pathWith(t, { docker: 'exit 3' })
    await chmod(join(PATH, 'docker'), 0o644)
    await assert.rejects(findEngine(AUTO, { PATH }), {
      code: 'IMAGE_ENGINE_MISSING',
      message: /podman: not installed; docker: it may not be started; buildah: not installed/,
    })
  })

  it('gives up one that does not answer', async (t) => {
    const PATH = await pathWith(t, { podman: 'exec /bin/sleep 60', buildah: '' })
    const { engine, reason } = await findEngine(AUTO, { PATH })
    assert.equal(engine.name, 'buildah')
    assert.match(reason, /podman: no answer within 5 s/)
  })

  it('shows engines nothing of the environment of the server but what they need', async (t) => {
    const PATH = await pathWith(t, { podman: '/usr/bin/env >&2; exit 1' })
    const environment = {
      PATH,
      HOME: '/h',
      DOCKER_HOST: 'd',
      PLUGBAY_ADMIN_TOKEN: 'secret',
      NODE_OPTIONS: 'x',
    }
    await assert.rejects(findEngine({ engine: 'podman', path: null }, environment), (error: Error) => {
      assert.doesNotMatch(error.message, /secret|NODE_OPTIONS/)
      return true
    })
  })
})
