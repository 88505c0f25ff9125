// Push and pull of the two engines that know "--tls-verify".

import type { ImageTransfer } from './engine.ts'

export function transfer(verb: 'push' | 'pull') {
  return ({ tag, isInsecure, extra }: ImageTransfer): readonly string[] => [
    verb,
    ...extra,
    ...(isInsecure ? ['--tls-verify=false'] : []),
    '--',
    tag,
  ]
}
