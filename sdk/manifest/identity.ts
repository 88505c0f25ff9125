// The identity of a plugin: the fields at the top of a manifest.

import { Type } from '../schema.ts'
import { pathOf } from './name-schemas.ts'
import { FORMS } from './names.ts'
import { DEFAULT_PRIORITY } from './priority.ts'
import { RESERVED_IDS } from './reserved-ids.ts'
import { textOf } from './text-schema.ts'

/** A plugin id. Reserved ids are refused. */
function idOf(description: string) {
  return Type.String({
    pattern: FORMS.id.pattern,
    minLength: 2,
    maxLength: 63,
    not: { enum: [...RESERVED_IDS] },
    description,
  })
}

export const identityFields = {
  $schema: Type.Optional(
    Type.String({
      maxLength: 2048,
      description: 'Address of this schema, for editors; ignored by the runtime',
    }),
  ),
  manifestVersion: Type.Literal(1, { description: 'Version of the manifest format: always 1' }),
  id: idOf(
    'Identifies the plugin permanently: 2 to 63 lower-case letters, digits and hyphens, beginning with a letter; part of its addresses',
  ),
  name: textOf(100, 'Display name'),
  version: Type.String({
    pattern: FORMS.version.pattern,
    minLength: 5,
    maxLength: 64,
    description: 'Semantic version of this release, such as "1.2.0"; new content needs a new version',
  }),
  engines: Type.Optional(
    Type.Object(
      {
        plugbay: Type.Optional(
          Type.String({
            minLength: 1,
            maxLength: 200,
            description: 'Range of plugin API versions that the plugin works with, such as "^1.0.0"',
          }),
        ),
        host: Type.Optional(
          Type.Record(
            Type.String({ pattern: FORMS.id.pattern }),
            Type.String({ minLength: 1, maxLength: 200, description: 'Range of its versions, such as "^2"' }),
            {
              additionalProperties: false,
              minProperties: 1,
              maxProperties: 20,
              description: 'Applications that the plugin is made for, by id',
            },
          ),
        ),
      },
      { additionalProperties: false, description: 'Versions that the plugin requires' },
    ),
  ),
  description: Type.Optional(textOf(2000, 'What the plugin does, in a sentence or two')),
  author: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: 'Who made the plugin' })),
  license: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 200,
      description: 'SPDX expression of the license, such as "MIT"',
    }),
  ),
  homepage: Type.Optional(
    Type.String({
      format: 'uri',
      pattern: FORMS.webAddress.pattern,
      maxLength: 2048,
      description: 'Address of a page about the plugin, beginning with http:// or https://',
    }),
  ),
  icon: Type.Optional(pathOf('Path of an image in the package, such as "frontend/icon.svg"')),
  replaces: Type.Optional(
    Type.Array(idOf('Id of a plugin whose place this one takes'), {
      maxItems: 20,
      description:
        'Ids of plugins whose place this one asks to take, for example after a rename; an administrator decides it',
    }),
  ),
  priority: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 1000,
      default: DEFAULT_PRIORITY,
      description: 'Order between plugins: lower comes first, then by id',
    }),
  ),
}
