// Buildah: builds, pushes and pulls without a daemon.

import { buildArguments, type ImageEngine } from './engine.ts'
import { transfer } from './transfer.ts'

export const buildah: ImageEngine = {
  name: 'buildah',
  probe: ['version', '--json'],
  build: buildArguments,
  push: transfer('push'),
  pull: transfer('pull'),
}
