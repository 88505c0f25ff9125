// Checks the manifest of a package: finds it, parses it, validates it against the schema, then its meaning and the files it
// names.
// Invariant: no input makes it throw; it returns all problems that one pass can find.

import type { Problem } from '../../../../sdk/api/problems.ts'
import type { ManifestOutcome, PackageFiles } from '../../types.ts'
import { checkBundles } from './check-bundles.ts'
import { notYetActive } from './inactive-features.ts'
import { checkFiles } from './manifest-files.ts'
import { type Finding, MANIFEST_FILE, type ManifestText, quoted, toProblem } from './manifest-finding.ts'
import { createFormCheck } from './manifest-form.ts'
import { parseManifest } from './manifest-json.ts'
import { createSchemaCheck } from './manifest-schema.ts'
import { unboundSecrets } from './secret-bindings.ts'
import { checkMeaning } from './semantics.ts'

const MAX_PROBLEMS = 100

export type ManifestCheck = (files: PackageFiles) => ManifestOutcome

/** A reusable check: it compiles the schema at the first use. Problems are in the order of the file. */
export function createManifestCheck(): ManifestCheck {
  const checkSchema = createSchemaCheck()
  const checkForm = createFormCheck()
  return (files) => {
    const bytes = files.get(MANIFEST_FILE)
    if (bytes === undefined) return { ok: false, problems: [manifestMissing(files)], manifest: null }
    const parsed = parseManifest(bytes)
    if (!parsed.ok) return { ok: false, problems: parsed.problems, manifest: null }
    const { value, source } = parsed
    const checked = checkSchema(value)
    const manifest = checked.ok ? checked.manifest : checked.sound
    const schemaFindings = checked.ok ? [] : checked.findings
    const found = checkFiles(manifest, files)
    const problems = inOrder(
      [
        ...schemaFindings,
        ...checkMeaning(manifest, checkForm),
        ...checkBundles(manifest, files),
        ...found.problems,
      ],
      source,
    )
    if (!checked.ok || problems.length > 0) return { ok: false, problems, manifest: value }
    const warnings = inOrder([...found.warnings, ...unboundSecrets(checked.manifest)], source)
    return { ok: true, manifest: checked.manifest, notYetActive: notYetActive(checked.manifest), warnings }
  }
}

/** Checks the manifest of one package. For many packages, use `createManifestCheck`. */
export function checkManifest(files: PackageFiles): ManifestOutcome {
  return createManifestCheck()(files)
}

function inOrder(findings: readonly Finding[], source: ManifestText): Problem[] {
  return findings
    .slice(0, MAX_PROBLEMS)
    .map((finding) => toProblem(finding, source))
    .sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0))
}

function manifestMissing(files: PackageFiles): Problem {
  const other = [...files.keys()].find((path) => path.split('/').at(-1)?.toLowerCase() === MANIFEST_FILE)
  const problem = {
    code: 'MANIFEST_MISSING',
    message: 'The package has no manifest.json',
    file: MANIFEST_FILE,
  } as const
  if (other === undefined) return { ...problem, hint: 'Put manifest.json at the root of the package' }
  return {
    ...problem,
    hint: `Move ${quoted(other)} to the root of the package, with the name "manifest.json"`,
  }
}
