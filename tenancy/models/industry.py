from django.db import models


class Industry(models.Model):
    name = models.CharField(max_length=150, unique=True)
    slug = models.SlugField(max_length=150, unique=True)
    is_active = models.BooleanField(default=True)

    class Meta:
        db_table = "igny8_industries"
        ordering = ("name",)
        verbose_name_plural = "industries"
        default_permissions = ("view",)

    def __str__(self) -> str:
        return self.name


class IndustrySector(models.Model):
    """A sector that an industry offers; a site's sector is made from one."""

    industry = models.ForeignKey(Industry, models.PROTECT, related_name="sectors")
    name = models.CharField(max_length=150)
    slug = models.SlugField(max_length=150)
    is_active = models.BooleanField(default=True)

    class Meta:
        db_table = "igny8_industry_sectors"
        ordering = ("industry", "name")
        default_permissions = ("view",)
        constraints = (
            models.UniqueConstraint(fields=("industry", "slug"), name="industry_sector_slug"),
        )

    def __str__(self) -> str:
        return self.name
