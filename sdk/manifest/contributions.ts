// What a plugin contributes to the application: links, frontend bundles, parts of pages, actions, tasks, hooks, patches, images, first steps.

import { Type } from '../schema.ts'
import { bundle, MAX_BUNDLES, slot } from './bundles.ts'
import { formSchema } from './form-schema.ts'
import { nameOf, userPermissions } from './name-schemas.ts'
import { FORMS } from './names.ts'
import { MAX_PATCH } from './patch-text.ts'
import { DEFAULT_PRIORITY } from './priority.ts'
import { textOf } from './text-schema.ts'

const strict = { additionalProperties: false } as const

const menu = Type.Object(
  {
    menu: nameOf('dottedName', 100, 'The menu that gets the link, such as "events.reporting"'),
    name: Type.Optional(
      nameOf(
        'name',
        100,
        "By which the operator's title is kept through upgrades, unique in the menu; the path without one",
      ),
    ),
    title: textOf(100, 'Text of the link'),
    category: Type.Optional(textOf(100, 'Heading above the link; "Undefined Category" without one')),
    icon: Type.Optional(
      nameOf(
        'icon',
        100,
        'Name of an icon, such as "list", or classes of FontAwesome, such as "fas fa-list-ul"',
      ),
    ),
    path: nameOf(
      'pagePath',
      500,
      'Page of the plugin that the link opens, such as "/report"; "/report/{taskId}" takes a parameter of the page around the menu',
    ),
    permissions: Type.Optional(
      userPermissions(
        'Permissions that a user needs, all of them, to see the link and to open its path and what is below it',
      ),
    ),
  },
  { ...strict, description: 'One link' },
)

const action = Type.Object(
  {
    id: nameOf('name', 100, 'Name of the handler in "actions" of the backend'),
    title: textOf(100, 'What the user reads'),
    description: Type.Optional(textOf(2000, 'Explains the action')),
    category: Type.Optional(textOf(100, 'Heading above the action')),
    icon: Type.Optional(nameOf('name', 100, 'Name of an icon, such as "list"')),
    context: Type.Optional(
      Type.String({
        ...nameOf('dottedName', 100, 'Kind of object that the action is for'),
        default: 'general',
      }),
    ),
    arguments: Type.Optional(formSchema('The form that the user fills in')),
    permissions: Type.Optional(userPermissions('Permissions that a user needs, all of them')),
  },
  { ...strict, description: 'One action' },
)

const seconds = { minimum: 0, maximum: 31_622_400 } as const
const task = Type.Object(
  {
    id: nameOf('name', 100, 'Name of the handler in "tasks" of the backend'),
    onDemand: Type.Optional(
      Type.Boolean({
        default: false,
        description: 'Whether it runs only when the plugin or an administrator schedules it',
      }),
    ),
    delaySeconds: Type.Optional(
      Type.Integer({
        ...seconds,
        default: 30,
        description: 'Time from the start of the plugin to the first run',
      }),
    ),
    repeatSeconds: Type.Optional(
      Type.Integer({ ...seconds, default: 0, description: 'Time between runs; 0 for a task that runs once' }),
    ),
    cron: Type.Optional(nameOf('cron', 100, 'When to run, such as "0 3 * * *" for three in the morning')),
    timeZone: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 64,
        description: 'Time zone of "cron", such as "Europe/Paris"; that of the server by default',
      }),
    ),
    replaceExisting: Type.Optional(
      Type.Boolean({ default: true, description: 'Whether a waiting run of the same task is replaced' }),
    ),
    maxAttempts: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1000,
        default: 25,
        description: 'Failed runs before the task is abandoned; repetitions go on',
      }),
    ),
    backoff: Type.Optional(
      Type.Object(
        {
          seconds: Type.Integer({ ...seconds, description: 'Time before the first retry' }),
          factor: Type.Optional(
            Type.Number({ minimum: 1, maximum: 100, default: 1, description: 'Factor for each further one' }),
          ),
          maxSeconds: Type.Optional(Type.Integer({ ...seconds, description: 'Longest time before a retry' })),
        },
        { ...strict, description: 'Time before a retry; by default attempts^4 + 5 seconds' },
      ),
    ),
    deadlineSeconds: Type.Optional(
      Type.Integer({
        ...seconds,
        minimum: 1,
        default: 3600,
        description: 'Time that one run may take; the limit of the operator wins',
      }),
    ),
    priority: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 100, default: 5, description: 'Lower runs first' }),
    ),
    queue: Type.Optional(nameOf('name', 64, 'Queue of the plugin that it waits in; "default" by default')),
    weight: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 100,
        default: 1,
        description: 'Weight of a run: those of a queue that run at the same time have 100 at most',
      }),
    ),
    exclusive: Type.Optional(
      Type.Boolean({ default: false, description: 'Whether it runs alone in its queue' }),
    ),
    arguments: Type.Optional(formSchema('The arguments of the task')),
  },
  { ...strict, description: 'One task' },
)

const hook = Type.Object(
  {
    hook: nameOf('dottedName', 100, 'Name of the hook and of the handler in "hooks" of the backend'),
    priority: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 1000,
        default: DEFAULT_PRIORITY,
        description: 'Lower runs first, then by id of the plugin',
      }),
    ),
  },
  { ...strict, description: 'One hook' },
)

const imageMap = (description: string) =>
  Type.Record(
    Type.String({ pattern: FORMS.name.pattern }),
    Type.String({
      minLength: 1,
      maxLength: 1000,
      description: 'Tag of the image, such as "redis:7"; a template: "{{ DOCKER_REGISTRY }}redis:7"',
    }),
    { ...strict, maxProperties: 50, propertyNames: { maxLength: 100 }, description },
  )

const steps = (description: string) =>
  Type.Array(nameOf('name', 100, 'Name of a step'), { maxItems: 50, description })

export const contributionsSchema = Type.Object(
  {
    menus: Type.Optional(
      Type.Array(menu, { maxItems: 100, description: 'Links in menus of the application' }),
    ),
    slots: Type.Optional(
      Type.Array(slot, { maxItems: 100, description: 'Parts of pages of the application' }),
    ),
    bundles: Type.Optional(
      Type.Array(bundle, {
        maxItems: MAX_BUNDLES,
        description: 'Frontend bundles for pages of the application, placed by "slots" or by the application',
      }),
    ),
    pages: Type.Optional(
      Type.Object(
        {
          translated: Type.Optional(
            Type.Boolean({
              default: false,
              description: 'Whether the pages exist under each language as well',
            }),
          ),
        },
        { ...strict, description: 'How the pages of the plugin are offered' },
      ),
    ),
    actions: Type.Optional(Type.Array(action, { maxItems: 100, description: 'What users can start' })),
    tasks: Type.Optional(
      Type.Array(task, { maxItems: 100, description: 'Background work, once or repeating' }),
    ),
    hooks: Type.Optional(
      Type.Array(hook, {
        maxItems: 100,
        description: 'Functions that may change a value of the application',
      }),
    ),
    patches: Type.Optional(
      Type.Record(
        Type.String({ pattern: FORMS.configKey.pattern }),
        Type.Union([
          Type.String({ maxLength: MAX_PATCH }),
          Type.Literal(true, {
            description: 'The handler of that name in "patches" of the backend gives the text',
          }),
        ]),
        {
          ...strict,
          maxProperties: 100,
          propertyNames: { maxLength: 100 },
          description: 'Text for named places in templates, by name of the place',
        },
      ),
    ),
    images: Type.Optional(
      Type.Object(
        {
          build: Type.Optional(imageMap('Tags of images that are built from templates, by name')),
          remote: Type.Optional(
            imageMap('Tags of images that are pulled from a registry, and pushed to it, by name'),
          ),
        },
        { ...strict, description: 'Container images' },
      ),
    ),
    init: Type.Optional(
      Type.Object(
        {
          pre: Type.Optional(steps('Steps before the application is set up')),
          run: Type.Optional(steps('Steps after the application is set up')),
        },
        { ...strict, description: 'Steps of the first start' },
      ),
    ),
  },
  { ...strict, description: 'What the plugin adds to the application' },
)
