// Podman: like buildah, with the probe of a program that also runs containers.

import { buildArguments, type ImageEngine } from './engine.ts'
import { transfer } from './transfer.ts'

export const podman: ImageEngine = {
  name: 'podman',
  probe: ['version', '--format=json'],
  build: buildArguments,
  push: transfer('push'),
  pull: transfer('pull'),
}
