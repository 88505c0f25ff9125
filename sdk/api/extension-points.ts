// The extension points of the application, and who contributes to them.

import { callPoint } from '../host/calls.ts'
import { contextPoint } from '../host/contexts.ts'
import { hostSchema } from '../host/declaration.ts'
import { eventPoint } from '../host/events.ts'
import { hookPoint } from '../host/hooks.ts'
import { menuPoint } from '../host/menus.ts'
import { ORDERED_KIND_NAMES, type PointKind } from '../host/point-kinds.ts'
import { slotPoint } from '../host/slots.ts'
import { type TSchema, Type } from '../schema.ts'
import { Problem } from './problems.ts'
import { STRICT, Text, type TypeOf } from './shape.ts'

const Contributor = Type.Object(
  { plugin: Type.String({ description: 'Id of the plugin' }), priority: Type.Integer() },
  STRICT,
)

const CONTRIBUTORS = {
  contributors: Type.Array(Contributor, { description: 'Plugins that serve now, in order' }),
  order: Type.Array(Text, {
    description:
      'The order that the operator has set: ids of plugins, which come before all others. Empty: by priority, then by id',
  }),
}

function pointOf<Kind extends PointKind, Point extends TSchema>(kind: Kind, point: Point) {
  return Type.Object(
    {
      kind: Type.Literal(kind),
      name: Text,
      source: Type.Enum(['runtime', 'host'], { description: 'Whether the runtime or its host declares it' }),
      owner: Type.String({ description: 'Id of the host that declares it' }),
      isServed: Type.Boolean({
        description:
          'False while this version accepts such points and contributions, but does not act on them',
      }),
      point,
      ...CONTRIBUTORS,
      problems: Type.Array(Problem, { description: 'Conflicts between plugins' }),
    },
    STRICT,
  )
}

export const ExtensionPoint = Type.Union([
  pointOf('menus', menuPoint),
  pointOf('slots', slotPoint),
  pointOf('hooks', hookPoint),
  pointOf('events', eventPoint),
  pointOf('contexts', contextPoint),
  pointOf('calls', callPoint),
])
/** A place of the application that plugins contribute to. */
export type ExtensionPoint = TypeOf<typeof ExtensionPoint>

const { id, version, languages, permissions, settings } = hostSchema.properties

export const HostFacts = Type.Object({ id, version, languages, permissions, settings }, STRICT)
/** The application itself. */
export type HostFacts = TypeOf<typeof HostFacts>

const ChangedSettings = Type.Object(
  { of: Type.String({ description: 'Id of the plugin or of the application' }), ...CONTRIBUTORS },
  { ...STRICT, description: 'Settings that plugins change the defaults of, or append to' },
)
export type ChangedSettings = TypeOf<typeof ChangedSettings>

const ValueContributors = Type.Object(CONTRIBUTORS, {
  ...STRICT,
  description:
    'Plugins that bring values for the templates of the application; of these the last in order wins',
})
export type ValueContributors = TypeOf<typeof ValueContributors>

export const ExtensionPoints = Type.Object(
  {
    host: HostFacts,
    items: Type.Array(ExtensionPoint),
    settings: Type.Array(ChangedSettings, { description: 'Of these the last in order wins' }),
    values: ValueContributors,
    nextCursor: Type.Null(),
  },
  STRICT,
)
export type ExtensionPoints = TypeOf<typeof ExtensionPoints>

export const PointParams = Type.Object(
  {
    kind: Type.Enum([...ORDERED_KIND_NAMES], {
      description:
        'Kind of the point; "settings" for what plugins change of the settings of others, "values" for values of templates',
    }),
    name: Type.String({
      maxLength: 100,
      description:
        'Name of the point; of settings, the id of the plugin or application that has them; of values, the id of the application',
    }),
  },
  STRICT,
)
export type PointParams = TypeOf<typeof PointParams>

export const PointOrder = Type.Object(
  {
    plugins: Type.Array(Type.String({ minLength: 1, maxLength: 200 }), {
      maxItems: 1000,
      uniqueItems: true,
      description: 'Ids of plugins, first to last; those that are left out follow. Empty: no order is set',
    }),
  },
  { ...STRICT, description: "The operator's order at one point" },
)
export type PointOrder = TypeOf<typeof PointOrder>
