// Values for the templates of the application. Secrets are write-only: they are never returned.

import { Value, ValueChanges, ValueParams, Values } from '../../../sdk/api/values.ts'
import { PlugbayError } from '../../errors.ts'
import { meantName, shownName } from '../../values/value-names.ts'
import { defineRoute } from './route.ts'
import type { ApiServices } from './services.ts'

const PATH = { path: '/values', tag: 'values' } as const

export const valueRoutes = [
  defineRoute({
    ...PATH,
    method: 'GET',
    operationId: 'listValues',
    summary: 'The values for templates of the application, with their sources',
    permission: 'plugins.view',
    responses: { 200: { description: 'All values, by name', schema: Values } },
    async handle({ services }) {
      return { status: 200, json: await valuesOf(services) }
    },
  }),
  defineRoute({
    ...PATH,
    path: '/values/:name',
    method: 'GET',
    operationId: 'getValue',
    summary: 'One value, with its source',
    permission: 'plugins.view',
    params: ValueParams,
    responses: { 200: { description: 'The value', schema: Value } },
    errors: ['VALUE_UNKNOWN'],
    async handle({ params: { name }, services }) {
      const all = await services.values.list()
      const value = all.find((each) => each.name === name)
      if (value !== undefined) return { status: 200, json: value }
      const message = `There is no value "${shownName(name)}"`
      const hint = meantName(
        name,
        all.map((each) => each.name),
      )
      throw new PlugbayError('VALUE_UNKNOWN', message, {
        problems: [{ code: 'VALUE_UNKNOWN', message, ...(hint !== undefined && { hint }) }],
      })
    },
  }),
  defineRoute({
    ...PATH,
    method: 'PATCH',
    operationId: 'changeValues',
    summary: 'Set values, change lists, or take values back',
    permission: 'plugins.manage',
    body: ValueChanges,
    responses: { 200: { description: 'The values that were named, as they are now', schema: Values } },
    errors: ['VALUES_INVALID', 'VALUE_UNKNOWN'],
    async handle({ body, actor, services }) {
      const { set = {}, append = {}, remove = {}, unset = [] } = body
      await services.values.change(body, actor)
      const named = new Set([...[set, append, remove].flatMap((changes) => Object.keys(changes)), ...unset])
      const { items, ...rest } = await valuesOf(services)
      return { status: 200, json: { ...rest, items: items.filter(({ name }) => named.has(name)) } }
    },
  }),
]

async function valuesOf({ values }: ApiServices): Promise<Values> {
  const items = [...(await values.list())]
  return { items, problems: [...values.problems], nextCursor: null }
}
