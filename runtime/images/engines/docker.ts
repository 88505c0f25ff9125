// Docker: the program speaks to its daemon, which also decides which registries may be insecure.

import { buildArguments, type ImageEngine } from './engine.ts'

export const docker: ImageEngine = {
  name: 'docker',
  // "version" succeeds without a daemon.
  probe: ['info', '--format={{.ServerVersion}}'],
  build: buildArguments,
  push: ({ tag, extra }) => ['push', ...extra, '--', tag],
  pull: ({ tag, extra }) => ['pull', ...extra, '--', tag],
}
