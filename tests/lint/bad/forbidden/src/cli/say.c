/* A command prints, but does not move the zone. */
void say(void)
{
	printf("x");
	setenv("COLUMNS", "80", 1);
	setenv( "TZ", "UTC", 1);
}
