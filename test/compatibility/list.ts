// The programs by the name of their folder.

import { program as dateFns } from './date-fns/checks.ts'
import { program as drizzle } from './drizzle/checks.ts'
import { program as h3 } from './h3/checks.ts'
import { program as hono } from './hono/checks.ts'
import { program as ittyRouter } from './itty-router/checks.ts'
import { program as jose } from './jose/checks.ts'
import { program as marked } from './marked/checks.ts'
import type { Program } from './program.ts'
import { program as trpc } from './trpc/checks.ts'
import { program as valibot } from './valibot/checks.ts'
import { program as zod } from './zod/checks.ts'

export const programs: ReadonlyMap<string, Program> = new Map([
  ['hono', hono],
  ['itty-router', ittyRouter],
  ['h3', h3],
  ['trpc', trpc],
  ['zod', zod],
  ['valibot', valibot],
  ['jose', jose],
  ['marked', marked],
  ['date-fns', dateFns],
  ['drizzle', drizzle],
])
