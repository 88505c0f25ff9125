// What a host declares: who it is, and the extension points that it offers to plugins. One source for type and schema.
// Invariant: unknown fields are errors at every level, except inside schemas.

import { FORMS } from '../manifest/names.ts'
import { textOf } from '../manifest/text-schema.ts'
import { type DeepReadonly, type Static, Type } from '../schema.ts'
import { callPoint, type DeclaredCall } from './calls.ts'
import { contextPoint, type DeclaredContext } from './contexts.ts'
import { hostData } from './data.ts'
import { eventPoint } from './events.ts'
import { hookPoint } from './hooks.ts'
import type { DeclaredInit } from './init.ts'
import { menuPoint } from './menus.ts'
import { pointsOf, STRICT } from './point.ts'
import { hostSettings } from './settings.ts'
import { slotPoint } from './slots.ts'
import { type HostTemplates, hostTemplates } from './templates.ts'

const language = Type.String({ pattern: FORMS.language.pattern, maxLength: 35 })

/** The schema of a declaration without its functions. */
export const hostSchema = Type.Object(
  {
    id: Type.String({
      pattern: FORMS.id.pattern,
      maxLength: 63,
      description: 'Identifies the application in "engines.host" of manifests',
    }),
    version: Type.String({
      pattern: FORMS.version.pattern,
      maxLength: 64,
      description: 'Semantic version of the application',
    }),
    languages: Type.Optional(
      Type.Object(
        {
          available: Type.Array(language, {
            minItems: 1,
            maxItems: 500,
            uniqueItems: true,
            description: 'Languages that pages are offered in',
          }),
          default: Type.String({
            pattern: FORMS.language.pattern,
            maxLength: 35,
            description: 'The language when nothing else decides',
          }),
        },
        { ...STRICT, description: 'Languages of the application, as BCP 47 tags' },
      ),
    ),
    permissions: Type.Optional(
      Type.Record(Type.String({ pattern: FORMS.dottedName.pattern }), textOf(200, 'What it allows'), {
        ...STRICT,
        maxProperties: 1000,
        propertyNames: { maxLength: 100 },
        description: 'Permissions of users that plugins may ask for, by name',
      }),
    ),
    settings: Type.Optional(hostSettings),
    menus: pointsOf(menuPoint, 'Menus that get links'),
    slots: pointsOf(slotPoint, 'Places in pages'),
    hooks: pointsOf(hookPoint, 'Values that plugins may change'),
    events: pointsOf(eventPoint, 'Facts that plugins are told of'),
    contexts: pointsOf(contextPoint, 'Kinds of objects that actions are for'),
    calls: pointsOf(callPoint, 'Functions that plugins may call'),
    data: hostData,
    templates: Type.Optional(hostTemplates),
    init: Type.Optional(Type.Object({}, { ...STRICT, description: 'How the application is set up' })),
  },
  STRICT,
)

type Data = DeepReadonly<Static<typeof hostSchema>>

/** What an application tells the runtime about itself. */
export interface HostDeclaration extends Omit<Data, 'calls' | 'contexts' | 'init' | 'templates'> {
  readonly templates?: HostTemplates
  readonly contexts?: Readonly<Record<string, DeclaredContext>>
  readonly calls?: Readonly<Record<string, DeclaredCall>>
  readonly init?: DeclaredInit
}
