from console.account_page.page import AccountPageMixin

__all__ = ["AccountPageMixin"]
