"""Previews in rows instead of one value, and the runs of workers.

What was imported keeps its rows. Files that were only previewed must be checked again: their
fingerprint is made another way.
"""

from importlib import import_module

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

sync_groups = import_module("console.migrations.0005_groups_see_holds").sync_groups

KEEP_WHAT_WAS_IMPORTED = """
INSERT INTO igny8_import_rows
       (import_file_id, line, slug, name, change, cells, warning, opening_credits)
SELECT f.id, (r->>0)::int, r->>1, r->>2, r->>3, r->4, r->>5, (r->>6)::bigint
  FROM igny8_import_files f, jsonb_array_elements(f.preview->'rows') AS e(r)
 WHERE f.imported_at IS NOT NULL AND r->>3 <> 'unchanged';

UPDATE igny8_import_files f
   SET preview = (
           SELECT jsonb_build_object(
                      'encoding', f.preview->'encoding',
                      'delimiter', f.preview->'delimiter',
                      'blank_lines', f.preview->'blank_lines',
                      'new', count(*) FILTER (WHERE r->>3 = 'new'),
                      'changed', count(*) FILTER (WHERE r->>3 = 'changed'),
                      'unchanged', count(*) FILTER (WHERE r->>3 = 'unchanged'),
                      'opening_credits', coalesce(sum((r->>6)::bigint), 0),
                      'problems', 0
                  )
             FROM jsonb_array_elements(f.preview->'rows') AS e(r)
       )
 WHERE imported_at IS NOT NULL AND preview <> '{}';

UPDATE igny8_import_files
   SET preview = '{}', fingerprint = '', previewed_at = NULL, previewed_by_id = NULL
 WHERE imported_at IS NULL;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('console', '0009_groups_see_money_proofs'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ImportRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('queued', 'Waiting'), ('running', 'Running'), ('done', 'Imported'), ('failed', 'Failed'), ('cancelled', 'Cancelled')], default='queued', max_length=10)),
                ('fingerprint', models.CharField(help_text='Of the preview that was confirmed.', max_length=64)),
                ('reason', models.TextField()),
                ('ticket_url', models.CharField(blank=True, max_length=500)),
                ('request_id', models.CharField(blank=True, help_text='Of the confirmation.', max_length=64)),
                ('ip', models.GenericIPAddressField(null=True)),
                ('queued_at', models.DateTimeField()),
                ('attempts', models.PositiveSmallIntegerField(default=0, help_text='How many workers began it. Each may write only under its own number.')),
                ('started_at', models.DateTimeField(help_text='When the present worker began.', null=True)),
                ('heartbeat_at', models.DateTimeField(null=True)),
                ('rows_done', models.PositiveIntegerField(default=0)),
                ('rows_total', models.PositiveIntegerField(help_text='New and changed rows.')),
                ('finished_at', models.DateTimeField(null=True)),
                ('failure', models.TextField(blank=True, help_text='Why nothing was imported, in words.')),
                ('cancelled_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('confirmed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='confirmed_imports', to=settings.AUTH_USER_MODEL)),
                ('import_file', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='runs', to='console.importfile')),
            ],
            options={
                'verbose_name': 'import by a worker',
                'verbose_name_plural': 'imports by a worker',
                'db_table': 'igny8_import_runs',
                'ordering': ('-id',),
                'default_permissions': ('view',),
            },
        ),
        migrations.CreateModel(
            name='ImportProblem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('line', models.PositiveIntegerField(help_text='0 is the whole file.')),
                ('column', models.TextField(blank=True)),
                ('value', models.TextField(blank=True)),
                ('message', models.TextField()),
                ('import_file', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='problems', to='console.importfile')),
                ('run', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='problems', to='console.importrun')),
            ],
            options={
                'db_table': 'igny8_import_problems',
                'ordering': ('line', 'id'),
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='ImportRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('line', models.PositiveIntegerField()),
                ('slug', models.CharField(max_length=100)),
                ('name', models.CharField(max_length=255)),
                ('change', models.CharField(max_length=10)),
                ('cells', models.JSONField(help_text='[column, before or null, after] of each cell it writes.')),
                ('warning', models.TextField(blank=True)),
                ('opening_credits', models.PositiveBigIntegerField(default=0)),
                ('import_file', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rows', to='console.importfile')),
            ],
            options={
                'db_table': 'igny8_import_rows',
                'ordering': ('line',),
                'default_permissions': (),
                'indexes': [models.Index(fields=['import_file', 'change', 'line'], name='import_row_pages'), models.Index(fields=['slug'], name='import_row_slug')],
                'constraints': [models.UniqueConstraint(fields=('import_file', 'line'), name='import_row_line'), models.CheckConstraint(condition=models.Q(('change__in', ('new', 'changed'))), name='import_row_changes_something')],
            },
        ),
        migrations.AddConstraint(
            model_name='importrun',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ('queued', 'running'))), fields=('import_file',), name='import_run_one_at_a_time'),
        ),
        migrations.AddConstraint(
            model_name='importrun',
            constraint=models.CheckConstraint(condition=models.Q(('reason__regex', '^\\s*$'), _negated=True), name='import_run_says_why'),
        ),
        migrations.AddConstraint(
            model_name='importrun',
            constraint=models.CheckConstraint(condition=models.Q(('rows_done__lte', models.F('rows_total'))), name='import_run_progress'),
        ),
        migrations.AddConstraint(
            model_name='importrun',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('finished_at', None), ('heartbeat_at', None), ('state', 'queued')), models.Q(('attempts__gt', 0), ('finished_at', None), ('heartbeat_at__isnull', False), ('state', 'running')), models.Q(('finished_at__isnull', False), ('state__in', ('done', 'failed', 'cancelled'))), _connector='OR'), name='import_run_facts_of_its_state'),
        ),
        migrations.AddConstraint(
            model_name='importrun',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'failed'), models.Q(('failure', ''), _negated=True)), models.Q(models.Q(('state', 'failed'), _negated=True), ('failure', '')), _connector='OR'), name='import_run_failed_with_words'),
        ),
        migrations.AddConstraint(
            model_name='importrun',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('cancelled_by__isnull', False), ('state', 'cancelled')), models.Q(models.Q(('state', 'cancelled'), _negated=True), ('cancelled_by', None)), _connector='OR'), name='import_run_cancelled_by_somebody'),
        ),
        migrations.AddIndex(
            model_name='importproblem',
            index=models.Index(fields=['import_file', 'line', 'id'], name='import_problem_pages'),
        ),
        migrations.AlterModelOptions(
            name='importfile',
            options={'default_permissions': ('view',), 'ordering': ('-id',), 'verbose_name': 'import'},
        ),
        migrations.AlterField(
            model_name='importfile',
            name='preview',
            field=models.JSONField(default=dict, help_text='What an import would do, in figures: console.imports.outcome.'),
        ),
        migrations.RunSQL(KEEP_WHAT_WAS_IMPORTED, migrations.RunSQL.noop),
        migrations.RunPython(sync_groups, migrations.RunPython.noop),
    ]
