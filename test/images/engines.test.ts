// What each engine is asked for: arguments, never a line for a shell.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { buildah } from '../../runtime/images/engines/buildah.ts'
import { docker } from '../../runtime/images/engines/docker.ts'
import { podman } from '../../runtime/images/engines/podman.ts'

const BUILD = {
  context: '/env/build/redis',
  tag: 'r:1',
  iidFile: '/tmp/iid',
  noCache: true,
  args: ['A=--b c'],
  extra: ['--isolation', 'chroot'],
}

describe('a container engine', () => {
  for (const engine of [podman, docker, buildah]) {
    it(`${engine.name} builds`, () => {
      assert.deepEqual(engine.build(BUILD), [
        ...['build', '--isolation', 'chroot', '--no-cache', '--build-arg=A=--b c', '--iidfile=/tmp/iid'],
        ...['--file=/env/build/redis/Dockerfile', '--tag=r:1', '--', '/env/build/redis'],
      ])
    })

    it(`${engine.name} pushes and pulls`, () => {
      const insecure = engine === docker ? [] : ['--tls-verify=false']
      for (const verb of ['push', 'pull'] as const) {
        assert.deepEqual(engine[verb]({ tag: 'h:1/r', isInsecure: true, extra: ['-q'] }), [
          verb,
          '-q',
          ...insecure,
          '--',
          'h:1/r',
        ])
        assert.deepEqual(engine[verb]({ tag: 'r', isInsecure: false, extra: [] }), [verb, '--', 'r'])
      }
    })
  }
})
