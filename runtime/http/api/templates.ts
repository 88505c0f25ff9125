// Patches of plugins, and the files that the templates of the application are rendered to.

import { Patches, PatchParams, PatchView, RenderedFiles, RenderReport } from '../../../sdk/api/templates.ts'
import { didYouMean } from '../../../sdk/text/did-you-mean.ts'
import { PlugbayError } from '../../errors.ts'
import { defineRoute } from './route.ts'

export const templateRoutes = [
  defineRoute({
    method: 'GET',
    path: '/patches',
    operationId: 'listPatches',
    summary: 'The places in templates that plugins can add text to, where they are, and which plugins do',
    tag: 'contributions',
    permission: 'plugins.view',
    responses: { 200: { description: 'All places, on one page', schema: Patches } },
    errors: ['TEMPLATES_INVALID'],
    async handle({ services: { templates } }) {
      return { status: 200, json: { items: [...(await templates.patches())], nextCursor: null } }
    },
  }),
  defineRoute({
    method: 'GET',
    path: '/patches/:name',
    operationId: 'getPatch',
    summary: 'One place in templates, with the texts of plugins in order',
    tag: 'contributions',
    permission: 'plugins.view',
    params: PatchParams,
    responses: { 200: { description: 'The place', schema: PatchView } },
    errors: ['POINT_UNKNOWN', 'TEMPLATES_INVALID'],
    async handle({ params: { name }, services: { templates } }) {
      const all = await templates.patches()
      const found = all.find((each) => each.name === name)
      if (found !== undefined) return { status: 200, json: found }
      const meant = didYouMean(
        name,
        all.map((each) => each.name),
      )
      const hint = meant === undefined ? '' : `; did you mean "${meant}"?`
      throw new PlugbayError('POINT_UNKNOWN', `There is no place "${name}" in templates${hint}`)
    },
  }),
  defineRoute({
    method: 'GET',
    path: '/rendered-files',
    operationId: 'listRenderedFiles',
    summary: 'The rendered files, and how each would change if templates were rendered now',
    tag: 'contributions',
    permission: 'plugins.view',
    responses: { 200: { description: 'All files, on one page', schema: RenderedFiles } },
    errors: ['TEMPLATES_INVALID', 'TEMPLATES_NOT_WRITTEN'],
    async handle({ services: { templates } }) {
      return { status: 200, json: await templates.compare() }
    },
  }),
  defineRoute({
    method: 'POST',
    path: '/rendered-files',
    operationId: 'renderTemplates',
    summary: 'Render all templates now; with any problem all files stay as they are',
    tag: 'contributions',
    permission: 'plugins.manage',
    responses: { 200: { description: 'What has changed, or why nothing has', schema: RenderReport } },
    errors: ['TEMPLATES_INVALID', 'TEMPLATES_NOT_WRITTEN'],
    async handle({ services: { templates } }) {
      return { status: 200, json: await templates.render() }
    },
  }),
]
