// Errors of container images: part of the table in error-codes.ts.

import type { ErrorRow } from './error-row.ts'

export const IMAGE_ERRORS = {
  // Images
  IMAGE_UNKNOWN: {
    status: 404,
    title: 'There is no such image',
    audience: 'operator',
    hint: '"plugbay images list" shows the images of plugins that are enabled',
  },
  IMAGE_NOT_GRANTED: {
    status: 403,
    title: 'The plugin may not have its images made',
    audience: 'operator',
    hint: 'Grant it the permission "images", if you trust what it wants to be built or pulled',
  },
  IMAGE_INVALID: {
    status: 422,
    title: 'The image has no valid name, or nothing to be built from',
    audience: 'author',
    hint: 'Compare the manifest, the values and the rendered templates with docs/images.md',
  },
  IMAGE_CONFLICT: {
    status: 409,
    title: 'Two plugins have an image of that name',
    audience: 'operator',
    hint: 'Disable one of them, or change their order',
  },
  IMAGE_ENGINE_MISSING: {
    status: 503,
    title: 'No container engine can be used',
    audience: 'operator',
    hint: 'Install podman, docker or buildah, start its service, or set "images.engine" and "images.path"',
  },
  IMAGE_FAILED: {
    status: 502,
    title: 'The container engine has failed',
    audience: 'operator',
    hint: 'The log of the task holds all that it has said',
  },
} as const satisfies Record<string, ErrorRow>
