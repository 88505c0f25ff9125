// The parts of a package and how they run: backend, frontend, audience, and resource limits.

import { Type } from '../schema.ts'
import { nameOf, pathOf } from './name-schemas.ts'

export const partFields = {
  backend: Type.Optional(
    Type.Object(
      {
        entry: Type.Optional(
          pathOf(
            'Path of the module whose exports are the backend; by default backend/index.js or backend/index.ts',
          ),
        ),
      },
      { additionalProperties: false, description: 'The code that runs in the sandbox' },
    ),
  ),
  access: Type.Optional(
    Type.Union(
      [
        Type.Enum(['public', 'user']),
        Type.Array(nameOf('dottedName', 100, 'Name of a permission of the server'), {
          minItems: 1,
          maxItems: 50,
        }),
      ],
      {
        default: 'user',
        description:
          'Who may use the API and the pages: "user" (anyone signed in), a list of permissions that a user must all have, or "public", which the operator is asked for',
      },
    ),
  ),
  frontend: Type.Optional(
    Type.Object(
      {
        root: Type.Optional(
          Type.String({ ...pathOf('Folder of the package that holds the frontend'), default: 'frontend' }),
        ),
        index: Type.Optional(
          Type.String({
            ...pathOf('Page of the plugin, in the root folder of the frontend'),
            default: 'index.html',
          }),
        ),
        viteManifest: Type.Optional(
          pathOf(
            'Manifest that Vite wrote, in the root folder of the frontend; by default .vite/manifest.json or manifest.json',
          ),
        ),
        fallback: Type.Optional(
          pathOf(
            'Page served for addresses without a file of their own, for deep links into a single-page application',
          ),
        ),
      },
      { additionalProperties: false, description: 'The static files of the plugin' },
    ),
  ),
  limits: Type.Optional(
    Type.Object(
      {
        memoryMb: Type.Optional(
          Type.Integer({
            minimum: 8,
            maximum: 4096,
            default: 64,
            description: 'Memory of one instance, in megabytes',
          }),
        ),
        cpuMs: Type.Optional(
          Type.Integer({
            minimum: 10,
            maximum: 600_000,
            default: 1000,
            description: 'CPU time of one request, in milliseconds',
          }),
        ),
        deadlineMs: Type.Optional(
          Type.Integer({
            minimum: 100,
            maximum: 600_000,
            default: 10_000,
            description: 'Time until the response head, in milliseconds',
          }),
        ),
      },
      {
        additionalProperties: false,
        description: 'Limits that the plugin asks for; the limits of the operator win',
      },
    ),
  ),
  drain: Type.Optional(
    Type.Enum(['reads', 'full'], {
      default: 'reads',
      description:
        'What a release may do after another one has replaced it, until what it has begun ends: "reads" refuses whatever may change something, "full" allows everything',
    }),
  ),
  templates: Type.Optional(
    pathOf(
      'Folder of the package that holds templates, "templates" by default: those below the id of the plugin are rendered',
    ),
  ),
  locales: Type.Optional(pathOf('Folder of the package that holds translations')),
}
