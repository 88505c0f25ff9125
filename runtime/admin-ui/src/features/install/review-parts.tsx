// The parts of the review: a valid package, an invalid one, and a refusal of the server.

import { Alert, Anchor, Box, Divider, Group, List, Text, Title } from '@mantine/core'
import type { InspectAnswer } from '../../../../../sdk/api/packages.ts'
import type { Permissions } from '../../../../../sdk/api/permissions.ts'
import type { Installation } from '../../../../../sdk/api/plugins.ts'
import { describePermissions } from '../../../../../sdk/permissions/describe.ts'
import { asErrorDocument } from '../../api/client.ts'
import { ErrorText } from '../../components/error-text.tsx'
import { Icon } from '../../components/icons.tsx'
import { ProblemList } from '../../components/problem-list.tsx'
import { plural, t } from '../../languages/text.ts'
import { PermissionList } from '../permissions/permission-list.tsx'
import { RatingNote } from '../permissions/rating-note.tsx'
import { PluginAvatar } from '../plugin/plugin-avatar.tsx'
import { type ManifestSummary, summarise } from './manifest-summary.ts'

export interface GoodPackageProps {
  readonly report: InspectAnswer
  readonly installed: Installation | undefined
}

export function GoodPackage({ report, installed }: GoodPackageProps) {
  const summary = summarise(report.manifest)
  const { access } = report
  const { asked, added, removed } = report.permissions
  const isPublic = access.asked === 'public'
  const nothing = isEmpty(asked) && !isPublic
  return (
    <>
      <Identity summary={summary} installed={installed} same={installed?.sha256 === report.sha256} />
      <RatingNote permissions={asked} isPublic={isPublic} />
      <section aria-label={t('Permissions')}>
        <Title order={3} size="h5" mb="sm">
          {nothing ? t('It asks for nothing') : t('It asks to')}
        </Title>
        {nothing ? (
          <Text size="sm">
            {t(
              'It answers signed-in users and shows them its pages. It cannot store data, use devices or reach other servers.',
            )}
          </Text>
        ) : (
          <PermissionList
            permissions={asked}
            open={isPublic && (installed && access.added ? 'new' : 'asked')}
            {...(installed ? { added } : {})}
          />
        )}
        {installed && !isEmpty(removed) && <NoLonger removed={removed} />}
        {!nothing && (
          <Text size="sm" c="dimmed" mt="sm">
            {allowanceWords(installed !== undefined, report)}
          </Text>
        )}
      </section>
      <Replaces report={report} />
      <Notes report={report} />
    </>
  )
}

function allowanceWords(isUpdate: boolean, { access, permissions: { added } }: InspectAnswer): string {
  const narrow = t("You can narrow it at any time on the plugin's page.")
  if (!isUpdate)
    return `${t('Installing only allows nothing yet; installing and enabling allows all of this.')} ${narrow}`
  if (isEmpty(added) && access.added)
    return `${t('Until you allow it, the update serves those who could reach the plugin before.')} ${narrow}`
  if (isEmpty(added)) return t('An update that asks for nothing new leaves what is allowed as it is.')
  return `${t('Until you allow it, the installed version goes on serving. Allowing it means all of the above.')} ${narrow}`
}

interface IdentityProps {
  readonly summary: ManifestSummary
  readonly installed: Installation | undefined
  readonly same: boolean
}

function Identity({ summary, installed, same }: IdentityProps) {
  const { id, name, version, description, author, license, homepage, changes } = summary
  const facts = [author && t('by {author}', { author }), license && t('licence {license}', { license })]
    .filter(Boolean)
    .join(' · ')
  return (
    <Group wrap="nowrap" align="flex-start">
      <PluginAvatar id={id ?? ''} name={name ?? '?'} size={52} />
      <Box miw={0}>
        <Title order={2} size="h4">
          <bdi>{name}</bdi> <VersionText version={version} installed={installed} same={same} />
        </Title>
        <Text size="sm" c="dimmed">
          {[id, facts].filter(Boolean).join(' · ')}
        </Text>
        {description && (
          <Text size="sm">
            <bdi>{description}</bdi>
          </Text>
        )}
        {changes.length > 0 && (
          <Text size="sm">{t('Changes settings of {plugins}', { plugins: changes.join(', ') })}</Text>
        )}
        {homepage && (
          <Anchor href={homepage} target="_blank" rel="noopener noreferrer" size="sm">
            {homepage}
          </Anchor>
        )}
      </Box>
    </Group>
  )
}

function VersionText({
  version,
  installed,
  same,
}: { readonly version: string | null } & Omit<IdentityProps, 'summary'>) {
  return (
    <Text span c="dimmed">
      {installed?.version && !same && `${installed.version} → `}
      {version}
      {same && ` ${t('(already installed)')}`}
    </Text>
  )
}

function NoLonger({ removed }: { readonly removed: Permissions }) {
  const titles = describePermissions(removed).map(({ words, details }) =>
    details.length > 0 ? `${t(words.title)} (${details.join(', ')})` : t(words.title),
  )
  return (
    <Text size="sm" mt="sm">
      <strong>{t('No longer asked:')}</strong> {titles.join('; ')}
    </Text>
  )
}

function Replaces({ report }: { readonly report: InspectAnswer }) {
  const open = (report.replaces ?? []).filter(({ state }) => state === 'open').map(({ id }) => `"${id}"`)
  if (open.length === 0) return null
  return (
    <Alert
      color="orange"
      icon={<Icon name="info" />}
      title={t('It asks to take the place of {plugins}', { plugins: open.join(', ') })}
    >
      <Text size="sm">
        {t(
          'With its data, settings, secrets and permissions. A new plugin does not run until you decide that on its page; nothing is handed over by installing it.',
        )}
      </Text>
    </Alert>
  )
}

function Notes({ report }: { readonly report: InspectAnswer }) {
  const { warnings = [], notYetActive = [] } = report
  if (warnings.length === 0 && notYetActive.length === 0) return null
  return (
    <>
      <Divider />
      {warnings.length > 0 && <ProblemList problems={warnings} kind="warning" />}
      {notYetActive.length > 0 && (
        <Alert
          color="blue"
          icon={<Icon name="info" />}
          title={t('Parts that this server does not act on yet')}
        >
          <Text size="sm">{t('The plugin works without them:')}</Text>
          <List size="sm">
            {notYetActive.map((section) => (
              <List.Item key={section}>{section}</List.Item>
            ))}
          </List>
        </Alert>
      )}
    </>
  )
}

export function BadPackage({
  report,
  fileName,
}: {
  readonly report: InspectAnswer
  readonly fileName: string
}) {
  const { name, version } = summarise(report.manifest)
  const { problems } = report
  return (
    <>
      <Box role="alert">
        <Title order={2} size="h4">
          {name
            ? t('{name} {version} cannot be installed', { name, version: version ?? '' })
            : t('"{fileName}" cannot be installed', { fileName })}
        </Title>
        <Text size="sm" c="dimmed">
          {plural(
            'There is one problem. Nothing was changed.',
            'There are {count} problems. Nothing was changed.',
            { count: problems.length },
          )}
        </Text>
      </Box>
      <ProblemList problems={problems} />
    </>
  )
}

/** The server's refusal. */
export function Refusal({ error }: { readonly error: unknown }) {
  const said = asErrorDocument(error)
  // The hint of the table is about the API; here there is a button.
  const isDowngrade = said.code === 'DOWNGRADE'
  const document = isDowngrade
    ? { ...said, hint: t('Install the older version only if you mean to go back') }
    : said
  return (
    <>
      <Alert
        color={isDowngrade ? 'orange' : 'red'}
        icon={<Icon name="error" />}
        title={document.title}
        role="alert"
      >
        <ErrorText document={{ ...document, problems: [] }} />
      </Alert>
      {document.problems && document.problems.length > 0 && <ProblemList problems={document.problems} />}
    </>
  )
}

function isEmpty(permissions: Permissions): boolean {
  return Object.keys(permissions).length === 0
}
