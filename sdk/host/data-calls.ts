// The functions of every runtime with which a plugin reads and replaces the data of the host, where it is granted.

import type { CallPoint } from './calls.ts'

const NAMES = { type: 'array', items: { type: 'string', maxLength: 100 }, maxItems: 1000 } as const
const ARGS = {
  type: 'object',
  properties: {
    sources: { ...NAMES, description: 'Names of the parts; all of them by default' },
  },
  additionalProperties: false,
} as const

export const DATA_CALLS = {
  'data.list': {
    title: 'List the data of the application',
    description:
      'What a snapshot holds: folders and databases of the application, data of plugins, and the store',
    args: {
      type: ['object', 'null'],
      properties: {
        sizes: { type: 'boolean', description: 'Also how much each is, about, which takes longer' },
      },
      additionalProperties: false,
    },
    result: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          name: { type: 'string' },
          title: { type: 'string' },
          kind: { enum: ['folder', 'database', 'plugin', 'store'] },
          version: { type: 'string', description: 'Version of what the data belongs to' },
          files: { type: 'integer', minimum: 0, description: 'With "sizes": how many there are' },
          bytes: { type: 'integer', minimum: 0, description: 'With "sizes": how many they have' },
        },
        required: ['name', 'title', 'kind', 'version'],
        additionalProperties: false,
      },
    },
    effect: false,
    deadlineMs: 600_000,
  },
  'data.snapshot': {
    title: 'Read all data of the application',
    description: 'A snapshot of the data as a tar, made while it is in use',
    args: {
      ...ARGS,
      properties: {
        ...ARGS.properties,
        form: {
          enum: ['tar', 'parts', 'parts.zst', 'packs'],
          description:
            'A tar by default; or parts, each named by its SHA-256, without those whose digests the body has; compressed with "parts.zst", and as files of their own with "packs"',
        },
        packBytes: {
          type: 'integer',
          minimum: 1_000_000,
          maximum: 10_000_000_000,
          description: 'About how long a pack is; 64 MB by default',
        },
        pack: {
          type: 'string',
          maxLength: 100,
          description:
            'Instead of a snapshot: the next pack of one that is being made, by the name that its first section has. The body is what the file begins with',
        },
        key: {
          type: 'string',
          pattern: '^[A-Za-z0-9+/]{43}=$',
          description:
            'With "pack": it is encrypted with these 32 bytes, in base64, as the payload of age is',
        },
      },
    },
    result: 'stream',
    body: true,
    effect: false,
    deadlineMs: 600_000,
  },
  'data.restore': {
    title: 'Replace all data of the application',
    description: 'Replaces parts of the data by those of a snapshot, each as a whole or not at all',
    args: ARGS,
    result: {
      type: 'object',
      properties: {
        restored: NAMES,
        atNextStart: {
          ...NAMES,
          description: 'What takes the place of the data when the server starts next',
        },
      },
      required: ['restored', 'atNextStart'],
      additionalProperties: false,
    },
    body: true,
    deadlineMs: 3_600_000,
  },
} as const satisfies Readonly<Record<string, CallPoint>>

export type DataCallName = keyof typeof DATA_CALLS
