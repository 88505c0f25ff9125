// What an application is deployed by: values, patches, rendered files, steps that set it up, images.

import { queryOptions } from '@tanstack/react-query'
import type { ImageRequest, ImageTask, ImageView } from '../../../../sdk/api/images.ts'
import type { InitRequest, InitStep, StartedTask } from '../../../../sdk/api/init.ts'
import type { PatchView, RenderedFiles, RenderReport } from '../../../../sdk/api/templates.ts'
import type { ValueChanges, Values } from '../../../../sdk/api/values.ts'
import { send } from './client.ts'
import { PLUGINS_KEY } from './plugins.ts'

/** Plugins change all of it. */
export const DEPLOYMENT_KEY = [...PLUGINS_KEY, 'deployment'] as const
const POLL_MS = 5000

export const valuesQuery = queryOptions({
  queryKey: [...DEPLOYMENT_KEY, 'values'],
  queryFn: ({ signal }) => send<Values>('values', { signal }),
  refetchInterval: POLL_MS,
})

export function changeValues(changes: ValueChanges): Promise<Values> {
  return send('values', { method: 'PATCH', json: changes })
}

export const patchesQuery = queryOptions({
  queryKey: [...DEPLOYMENT_KEY, 'patches'],
  queryFn: async ({ signal }) =>
    (await send<{ readonly items: readonly PatchView[] }>('patches', { signal })).items,
  refetchInterval: POLL_MS,
})

export const renderedFilesQuery = queryOptions({
  queryKey: [...DEPLOYMENT_KEY, 'files'],
  queryFn: ({ signal }) => send<RenderedFiles>('rendered-files', { signal }),
  refetchInterval: POLL_MS,
})

export function renderFiles(): Promise<RenderReport> {
  return send('rendered-files', { method: 'POST' })
}

export const initQuery = queryOptions({
  queryKey: [...DEPLOYMENT_KEY, 'init'],
  queryFn: async ({ signal }) =>
    (await send<{ readonly items: readonly InitStep[] }>('init', { signal })).items,
  refetchInterval: POLL_MS,
})

export function startInit(request: InitRequest): Promise<StartedTask> {
  return send('init', { method: 'POST', json: request })
}

export const imagesQuery = queryOptions({
  queryKey: [...DEPLOYMENT_KEY, 'images'],
  queryFn: async ({ signal }) =>
    (await send<{ readonly items: readonly ImageView[] }>('images', { signal })).items,
  refetchInterval: POLL_MS,
})

export type ImageVerb = 'build' | 'push' | 'pull'

/** A task for each image. */
export async function runImages(verb: ImageVerb, request: ImageRequest): Promise<readonly ImageTask[]> {
  const answer = await send<{ readonly items: readonly ImageTask[] }>(`images/${verb}`, {
    method: 'POST',
    json: request,
  })
  return answer.items
}
