// What plugins offer a member to do with an object, and what there is to choose from in their forms.

import { type ActionView, PlugbayError, type Runtime } from 'plugbay'
import type { library } from './declaration.ts'
import { userOf } from './identity.ts'
import type { OfferedActions } from './pages/actions/action-panel.ts'
import type { Choices } from './pages/actions/field.ts'
import type { Caller } from './plugin-points.ts'

type Context = NonNullable<Parameters<Runtime<typeof library>['actions']['list']>[0]['context']>

export interface Offer {
  readonly context: Context
  /** Absent in the context "general". */
  readonly objectId?: string
}

/** Undefined where the member has no such object. */
export async function offer(
  { actions }: Pick<Runtime<typeof library>, 'actions'>,
  { member, language }: Caller,
  { context, objectId }: Offer,
): Promise<OfferedActions | undefined> {
  const user = member === undefined ? null : userOf(member)
  try {
    const offered = await actions.list({ context, objectId, user, language })
    const chosen = contextsIn(offered)
    const choices: Choices = new Map(
      await Promise.all(chosen.map(async (each) => [each, await actions.choices(each, user)] as const)),
    )
    return { actions: offered, choices, objectId }
  } catch (error) {
    if (error instanceof PlugbayError && error.code === 'OBJECT_UNKNOWN') return undefined
    throw error
  }
}

/** Those that the library declares: a form may name others. */
function contextsIn(offered: readonly ActionView[]): readonly Exclude<Context, 'general'>[] {
  const named = offered.flatMap(({ arguments: { properties = {} } }) =>
    Object.values(properties).map((property) => property['x-context']),
  )
  const isOurs = (name: string | undefined): name is Exclude<Context, 'general'> =>
    name !== undefined && CHOSEN.some((each) => each === name)
  return [...new Set(named.filter(isOurs))]
}

const CHOSEN = ['book', 'series', 'media', 'media-folder'] as const
