"""What reports do by themselves."""

from celery import shared_task

from reports import services


@shared_task
def take_forecast_snapshot() -> bool:
    """Learn from closed deals, then keep what the forecast says today; once a week however often it is called."""
    services.learn()
    return services.take_snapshot() is not None


@shared_task
def learn_odds() -> int:
    """Learn anew from the closed deals; returns how many were looked at."""
    return services.learn().rows


@shared_task
def forget_forecast_deals() -> int:
    """Delete the single deals of snapshots that nothing is compared with any more."""
    return services.forget_snapshots()
