// Shown until the plugin builds; reloads when it does.
// Invariant: text of a problem is escaped and never becomes markup.

import { formatProblem } from '../../sdk/text/format-problem.ts'
import type { Problem } from '../errors.ts'

export interface ProblemPage {
  readonly id: string
  /** Tags that come first in its head. */
  readonly head: string
  /** URL of the client script. */
  readonly client: string
  readonly problems: readonly Problem[]
}

export function problemPage({ id, head, client, problems }: ProblemPage): string {
  const text =
    problems.length === 0
      ? '<p>It is not installed, disabled, or stopped after failures; its log says more. The page comes by itself when that changes.</p>'
      : problems.map((problem) => `<pre>${escapeHtml(formatProblem(problem))}</pre>`).join('\n')
  return `<!doctype html>
<html lang="en">
<head>${head}
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(id)} does not run yet</title>
<script src="${escapeHtml(client)}"></script>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 10vh auto 0; padding: 0 1rem; color-scheme: light dark }
h1 { font-size: 1.4rem }
pre { overflow: auto; padding: 1rem; border: 1px solid #8886; border-radius: 6px }
</style>
</head>
<body>
<h1>${escapeHtml(id)} does not run yet</h1>
${text}
</body>
</html>
`
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
