// Mistakes in "contributes.images" that a schema cannot express: tags that cannot be names of images, and a missing permission.

import { isTagTemplate, parseReference } from '../../../../sdk/manifest/image-reference.ts'
import type { Manifest } from '../../../../sdk/manifest/manifest.ts'
import type { Finding, Path } from './manifest-finding.ts'
import { quoted } from './manifest-finding.ts'

export function checkImages({ contributes, permissions }: Partial<Manifest>): Finding[] {
  const { build = {}, remote = {} } = contributes?.images ?? {}
  const path = ['contributes', 'images'] as const
  return [
    ...Object.entries(build).flatMap(([name, tag]) => checkTag(tag, [...path, 'build', name], true)),
    ...Object.entries(remote).flatMap(([name, tag]) => checkTag(tag, [...path, 'remote', name], false)),
    ...checkAsked(contributes?.images, permissions?.images),
  ]
}

function checkTag(tag: string, path: Path, isBuilt: boolean): Finding[] {
  // Its values are those of another day.
  if (isTagTemplate(tag)) return []
  const reference = parseReference(tag)
  if (reference === undefined)
    return [
      wrong(
        path,
        `${quoted(tag)} is not the name of an image`,
        'Write it like "registry.example/group/name:1.0"',
      ),
    ]
  return isBuilt && reference.digest !== null
    ? [wrong(path, 'An image that is built has no digest before', 'Remove what follows the "@"')]
    : []
}

function checkAsked(
  images: NonNullable<Manifest['contributes']>['images'],
  asked: string | undefined,
): Finding[] {
  const [needed, use] =
    Object.keys(images?.build ?? {}).length > 0 ? ['build', 'built'] : ['pull', 'pulled and pushed']
  if (images === undefined || asked === needed || asked === 'build') return []
  return [
    wrong(
      ['contributes', 'images'],
      `Images are ${use} only for a plugin that is granted this`,
      `Add "images": "${needed}" to "permissions"`,
    ),
  ]
}

function wrong(path: Path, message: string, hint: string): Finding {
  return { code: 'MANIFEST_INVALID', path, message, hint }
}
